// Behaviour of the cells of Gowin's GW1N and GW2A for which yosys' own models have none, as far as
// the designs here use them. `sim.netlist` refuses a netlist that uses them otherwise.

// The content of a block: 64 rows of 32 bytes, of eight bits or, in cells with X9, of nine.
`define ROWS \
    INIT_RAM_00 = 0, INIT_RAM_01 = 0, INIT_RAM_02 = 0, INIT_RAM_03 = 0, INIT_RAM_04 = 0, \
    INIT_RAM_05 = 0, INIT_RAM_06 = 0, INIT_RAM_07 = 0, INIT_RAM_08 = 0, INIT_RAM_09 = 0, \
    INIT_RAM_0A = 0, INIT_RAM_0B = 0, INIT_RAM_0C = 0, INIT_RAM_0D = 0, INIT_RAM_0E = 0, \
    INIT_RAM_0F = 0, INIT_RAM_10 = 0, INIT_RAM_11 = 0, INIT_RAM_12 = 0, INIT_RAM_13 = 0, \
    INIT_RAM_14 = 0, INIT_RAM_15 = 0, INIT_RAM_16 = 0, INIT_RAM_17 = 0, INIT_RAM_18 = 0, \
    INIT_RAM_19 = 0, INIT_RAM_1A = 0, INIT_RAM_1B = 0, INIT_RAM_1C = 0, INIT_RAM_1D = 0, \
    INIT_RAM_1E = 0, INIT_RAM_1F = 0, INIT_RAM_20 = 0, INIT_RAM_21 = 0, INIT_RAM_22 = 0, \
    INIT_RAM_23 = 0, INIT_RAM_24 = 0, INIT_RAM_25 = 0, INIT_RAM_26 = 0, INIT_RAM_27 = 0, \
    INIT_RAM_28 = 0, INIT_RAM_29 = 0, INIT_RAM_2A = 0, INIT_RAM_2B = 0, INIT_RAM_2C = 0, \
    INIT_RAM_2D = 0, INIT_RAM_2E = 0, INIT_RAM_2F = 0, INIT_RAM_30 = 0, INIT_RAM_31 = 0, \
    INIT_RAM_32 = 0, INIT_RAM_33 = 0, INIT_RAM_34 = 0, INIT_RAM_35 = 0, INIT_RAM_36 = 0, \
    INIT_RAM_37 = 0, INIT_RAM_38 = 0, INIT_RAM_39 = 0, INIT_RAM_3A = 0, INIT_RAM_3B = 0, \
    INIT_RAM_3C = 0, INIT_RAM_3D = 0, INIT_RAM_3E = 0, INIT_RAM_3F = 0
`define CONTENT \
    INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C, INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, \
    INIT_RAM_38, INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34, INIT_RAM_33, INIT_RAM_32, \
    INIT_RAM_31, INIT_RAM_30, INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C, INIT_RAM_2B, \
    INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28, INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24, \
    INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20, INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, \
    INIT_RAM_1C, INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18, INIT_RAM_17, INIT_RAM_16, \
    INIT_RAM_15, INIT_RAM_14, INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10, INIT_RAM_0F, \
    INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C, INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08, \
    INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04, INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, \
    INIT_RAM_00

// A block memory of 18 kbit with two ports (Gowin UG285, "BSRAM & SSRAM User Guide").
//
// An address counts bits: its upper eleven are the byte. A port of 16 or 18 bits is two bytes, one
// of 32 or 36 four; its lowest address pins are the enables of the bytes that are written. Ports of
// 4, 2 and 1 bits use a part of a byte. Reading takes a cycle. While a port writes, its output
// stays (WRITE 0), is the new word (1) or the old one (2).
//
// Bits that one port reads while the other writes them are undefined: they come out inverted, so
// that a design that relies on them differs.
module gowin_block #(
  parameter integer BYTE = 9, WIDTH_A = 9, WIDTH_B = 9,
  parameter [1:0] WRITE_A = 0, WRITE_B = 0,
  parameter RESETS = "SYNC",
  parameter [64*32*BYTE-1:0] INIT = 0
) (
  input CLKA, CEA, WREA, RESETA, CLKB, CEB, WREB, RESETB,
  input [13:0] ADA, ADB,
  input [35:0] DIA, DIB,
  output reg [35:0] DOA, DOB
);
  reg [4*BYTE-1:0] memory [0:511];
  integer word;
  initial begin
    for (word = 0; word < 512; word = word + 1) memory[word] = INIT[4*BYTE*word +: 4*BYTE];
    DOA = 0;
    DOB = 0;
  end

  // The bits of four bytes that a port reaches.
  function [4*BYTE-1:0] reached(input integer width, input [13:0] address);
    reached = width == 4*BYTE ? {4*BYTE{1'b1}}
            : (({{4*BYTE{1'b0}}, 1'b1} << width) - 1'b1) << first(width, address);
  endfunction

  // The place of the lowest of them.
  function [5:0] first(input integer width, input [13:0] address);
    first = width == 4*BYTE ? 6'd0
          : width == 2*BYTE ? (address[4] ? 6'd2*BYTE[5:0] : 6'd0)
          : {4'd0, address[4:3]} * BYTE[5:0] + (width == BYTE ? 6'd0 : {3'd0, address[2:0]});
  endfunction

  // The bits of four bytes that a port may write.
  function [4*BYTE-1:0] enabled(input integer width, input [13:0] address);
    enabled = width == 4*BYTE
            ? {{BYTE{address[3]}}, {BYTE{address[2]}}, {BYTE{address[1]}}, {BYTE{address[0]}}}
            : width == 2*BYTE
            ? reached(width, address) & {2{{BYTE{address[1]}}, {BYTE{address[0]}}}}
            : reached(width, address);
  endfunction

  wire [4*BYTE-1:0] into_a = CEA & WREA ? enabled(WIDTH_A, ADA) : {4*BYTE{1'b0}};
  wire [4*BYTE-1:0] into_b = CEB & WREB ? enabled(WIDTH_B, ADB) : {4*BYTE{1'b0}};
  wire same = ADA[13:5] == ADB[13:5];
  wire [4*BYTE-1:0] old_a = memory[ADA[13:5]] ^ (same ? into_b : {4*BYTE{1'b0}});
  wire [4*BYTE-1:0] old_b = memory[ADB[13:5]] ^ (same ? into_a : {4*BYTE{1'b0}});
  wire [4*BYTE-1:0] data_a = DIA[4*BYTE-1:0] << first(WIDTH_A, ADA);
  wire [4*BYTE-1:0] data_b = DIB[4*BYTE-1:0] << first(WIDTH_B, ADB);
  wire [4*BYTE-1:0] new_a = memory[ADA[13:5]] & ~into_a | data_a & into_a;
  wire [4*BYTE-1:0] new_b = memory[ADB[13:5]] & ~into_b | data_b & into_b;
  wire [4*BYTE-1:0] seen_a = WRITE_A == 1 & WREA ? new_a : old_a;
  wire [4*BYTE-1:0] seen_b = WRITE_B == 1 & WREB ? new_b : old_b;
  wire [35:0] read_a = ((seen_a & reached(WIDTH_A, ADA)) >> first(WIDTH_A, ADA));
  wire [35:0] read_b = ((seen_b & reached(WIDTH_B, ADB)) >> first(WIDTH_B, ADB));
  wire clear_a = RESETS == "ASYNC" & RESETA, clear_b = RESETS == "ASYNC" & RESETB;
  always @(posedge CLKA or posedge clear_a)
    if (clear_a) DOA <= 0;
    else if (RESETA) DOA <= 0;
    else if (CEA & (~WREA | WRITE_A != 0)) DOA <= read_a;
  always @(posedge CLKB or posedge clear_b)
    if (clear_b) DOB <= 0;
    else if (RESETB) DOB <= 0;
    else if (CEB & (~WREB | WRITE_B != 0)) DOB <= read_b;
  always @(posedge CLKA) if (CEA & WREA) memory[ADA[13:5]] <= new_a;
  always @(posedge CLKB) if (CEB & WREB) memory[ADB[13:5]] <= new_b;
endmodule

// With one port; with one that writes and one that reads; with two that do both.
module SP (
  input CLK, CE, WRE, RESET, OCE, input [2:0] BLKSEL, input [13:0] AD, input [31:0] DI,
  output [31:0] DO
);
  parameter READ_MODE = 0, RESET_MODE = "SYNC", BLK_SEL = 0;
  parameter integer BIT_WIDTH = 32;
  parameter [1:0] WRITE_MODE = 0;
  parameter [255:0]
`ROWS;
  wire [35:0] word;
  assign DO = word[31:0];
  gowin_block #(
    .BYTE(8), .WIDTH_A(BIT_WIDTH), .WRITE_A(WRITE_MODE), .RESETS(RESET_MODE), .INIT({
`CONTENT
    })
  ) block (
    .CLKA(CLK), .CEA(CE), .WREA(WRE), .RESETA(RESET), .ADA(AD), .DIA({4'd0, DI}),
    .DOA(word),
    .CLKB(CLK), .CEB(1'b0), .WREB(1'b0), .RESETB(1'b0), .ADB(14'd0), .DIB(36'd0), .DOB()
  );
endmodule

module SPX9 (
  input CLK, CE, WRE, RESET, OCE, input [2:0] BLKSEL, input [13:0] AD, input [35:0] DI,
  output [35:0] DO
);
  parameter READ_MODE = 0, RESET_MODE = "SYNC", BLK_SEL = 0;
  parameter integer BIT_WIDTH = 36;
  parameter [1:0] WRITE_MODE = 0;
  parameter [287:0]
`ROWS;
  wire [35:0] word;
  assign DO = word[35:0];
  gowin_block #(
    .BYTE(9), .WIDTH_A(BIT_WIDTH), .WRITE_A(WRITE_MODE), .RESETS(RESET_MODE), .INIT({
`CONTENT
    })
  ) block (
    .CLKA(CLK), .CEA(CE), .WREA(WRE), .RESETA(RESET), .ADA(AD), .DIA(DI),
    .DOA(word),
    .CLKB(CLK), .CEB(1'b0), .WREB(1'b0), .RESETB(1'b0), .ADB(14'd0), .DIB(36'd0), .DOB()
  );
endmodule

module SDPB (
  input CLKA, CEA, RESETA, CLKB, CEB, RESETB, OCE, input [2:0] BLKSELA, BLKSELB,
  input [13:0] ADA, ADB, input [31:0] DI, output [31:0] DO
);
  parameter READ_MODE = 0, RESET_MODE = "SYNC", BLK_SEL_0 = 0, BLK_SEL_1 = 0;
  parameter integer BIT_WIDTH_0 = 32, BIT_WIDTH_1 = 32;
  parameter [255:0]
`ROWS;
  wire [35:0] word;
  assign DO = word[31:0];
  gowin_block #(
    .BYTE(8), .WIDTH_A(BIT_WIDTH_0), .WIDTH_B(BIT_WIDTH_1), .RESETS(RESET_MODE), .INIT({
`CONTENT
    })
  ) block (
    .CLKA(CLKA), .CEA(CEA), .WREA(1'b1), .RESETA(1'b0), .ADA(ADA), .DIA({4'd0, DI}), .DOA(),
    .CLKB(CLKB), .CEB(CEB), .WREB(1'b0), .RESETB(RESETB), .ADB(ADB), .DIB(36'd0), .DOB(word)
  );
endmodule

module SDPX9B (
  input CLKA, CEA, RESETA, CLKB, CEB, RESETB, OCE, input [2:0] BLKSELA, BLKSELB,
  input [13:0] ADA, ADB, input [35:0] DI, output [35:0] DO
);
  parameter READ_MODE = 0, RESET_MODE = "SYNC", BLK_SEL_0 = 0, BLK_SEL_1 = 0;
  parameter integer BIT_WIDTH_0 = 36, BIT_WIDTH_1 = 36;
  parameter [287:0]
`ROWS;
  wire [35:0] word;
  assign DO = word[35:0];
  gowin_block #(
    .BYTE(9), .WIDTH_A(BIT_WIDTH_0), .WIDTH_B(BIT_WIDTH_1), .RESETS(RESET_MODE), .INIT({
`CONTENT
    })
  ) block (
    .CLKA(CLKA), .CEA(CEA), .WREA(1'b1), .RESETA(1'b0), .ADA(ADA), .DIA(DI), .DOA(),
    .CLKB(CLKB), .CEB(CEB), .WREB(1'b0), .RESETB(RESETB), .ADB(ADB), .DIB(36'd0), .DOB(word)
  );
endmodule

module DPB (
  input CLKA, CEA, WREA, RESETA, OCEA, CLKB, CEB, WREB, RESETB, OCEB,
  input [2:0] BLKSELA, BLKSELB, input [13:0] ADA, ADB, input [15:0] DIA, DIB,
  output [15:0] DOA, DOB
);
  parameter READ_MODE0 = 0, READ_MODE1 = 0, RESET_MODE = "SYNC", BLK_SEL_0 = 0, BLK_SEL_1 = 0;
  parameter integer BIT_WIDTH_0 = 16, BIT_WIDTH_1 = 16;
  parameter [1:0] WRITE_MODE0 = 0, WRITE_MODE1 = 0;
  parameter [255:0]
`ROWS;
  wire [35:0] word_a, word_b;
  assign DOA = word_a[15:0], DOB = word_b[15:0];
  gowin_block #(
    .BYTE(8), .WIDTH_A(BIT_WIDTH_0), .WIDTH_B(BIT_WIDTH_1), .WRITE_A(WRITE_MODE0),
    .WRITE_B(WRITE_MODE1), .RESETS(RESET_MODE), .INIT({
`CONTENT
    })
  ) block (
    .CLKA(CLKA), .CEA(CEA), .WREA(WREA), .RESETA(RESETA), .ADA(ADA), .DIA({20'd0, DIA}),
    .DOA(word_a),
    .CLKB(CLKB), .CEB(CEB), .WREB(WREB), .RESETB(RESETB), .ADB(ADB), .DIB({20'd0, DIB}),
    .DOB(word_b)
  );
endmodule

module DPX9B (
  input CLKA, CEA, WREA, RESETA, OCEA, CLKB, CEB, WREB, RESETB, OCEB,
  input [2:0] BLKSELA, BLKSELB, input [13:0] ADA, ADB, input [17:0] DIA, DIB,
  output [17:0] DOA, DOB
);
  parameter READ_MODE0 = 0, READ_MODE1 = 0, RESET_MODE = "SYNC", BLK_SEL_0 = 0, BLK_SEL_1 = 0;
  parameter integer BIT_WIDTH_0 = 18, BIT_WIDTH_1 = 18;
  parameter [1:0] WRITE_MODE0 = 0, WRITE_MODE1 = 0;
  parameter [287:0]
`ROWS;
  wire [35:0] word_a, word_b;
  assign DOA = word_a[17:0], DOB = word_b[17:0];
  gowin_block #(
    .BYTE(9), .WIDTH_A(BIT_WIDTH_0), .WIDTH_B(BIT_WIDTH_1), .WRITE_A(WRITE_MODE0),
    .WRITE_B(WRITE_MODE1), .RESETS(RESET_MODE), .INIT({
`CONTENT
    })
  ) block (
    .CLKA(CLKA), .CEA(CEA), .WREA(WREA), .RESETA(RESETA), .ADA(ADA), .DIA({18'd0, DIA}),
    .DOA(word_a),
    .CLKB(CLKB), .CEB(CEB), .WREB(WREB), .RESETB(RESETB), .ADB(ADB), .DIB({18'd0, DIB}),
    .DOB(word_b)
  );
endmodule

// Multipliers without their registers (Gowin UG287, "DSP User Guide"): A times B, each of them signed
// where its SIGN pin is 1.
module MULT9X9 (
  input CLK, CE, RESET, ASEL, BSEL, ASIGN, BSIGN, input [8:0] A, SIA, B, SIB,
  output [17:0] DOUT, output [8:0] SOA, SOB
);
  parameter AREG = 0, BREG = 0, OUT_REG = 0, PIPE_REG = 0, ASIGN_REG = 0, BSIGN_REG = 0;
  parameter SOA_REG = 0, MULT_RESET_MODE = "SYNC";
  wire signed [9:0] a = {ASIGN & A[8], A}, b = {BSIGN & B[8], B};
  wire signed [19:0] product = a * b;
  assign DOUT = product[17:0], SOA = A, SOB = B;
endmodule

module MULT18X18 (
  input CLK, CE, RESET, ASEL, BSEL, ASIGN, BSIGN, input [17:0] A, SIA, B, SIB,
  output [35:0] DOUT, output [17:0] SOA, SOB
);
  parameter AREG = 0, BREG = 0, OUT_REG = 0, PIPE_REG = 0, ASIGN_REG = 0, BSIGN_REG = 0;
  parameter SOA_REG = 0, MULT_RESET_MODE = "SYNC";
  wire signed [18:0] a = {ASIGN & A[17], A}, b = {BSIGN & B[17], B};
  wire signed [37:0] product = a * b;
  assign DOUT = product[35:0], SOA = A, SOB = B;
endmodule

module MULT36X36 (
  input CLK, CE, RESET, ASIGN, BSIGN, input [35:0] A, B, output [71:0] DOUT
);
  parameter AREG = 0, BREG = 0, OUT0_REG = 0, OUT1_REG = 0, PIPE_REG = 0, ASIGN_REG = 0;
  parameter BSIGN_REG = 0, MULT_RESET_MODE = "SYNC";
  wire signed [36:0] a = {ASIGN & A[35], A}, b = {BSIGN & B[35], B};
  wire signed [73:0] product = a * b;
  assign DOUT = product[71:0];
endmodule

// A PLL whose clock is the oscillator's own, good after sixteen of its periods: what a design does
// between two clock edges does not depend on how many of them there are in a second. Its dividers
// are checked where they are made (`hw.design.pll.gowin`).
module rPLL (
  input CLKIN, CLKFB, RESET, RESET_P, input [5:0] FBDSEL, IDSEL, ODSEL,
  input [3:0] DUTYDA, PSDA, FDLY, output CLKOUT, CLKOUTP, CLKOUTD, CLKOUTD3, LOCK
);
  parameter DEVICE = "", FCLKIN = "", CLKFB_SEL = "internal", DYN_IDIV_SEL = "false";
  parameter DYN_FBDIV_SEL = "false", DYN_ODIV_SEL = "false", DYN_DA_EN = "false";
  parameter integer IDIV_SEL = 0, FBDIV_SEL = 0, ODIV_SEL = 8;
  reg [4:0] periods = 0;
  always @(posedge CLKIN) if (RESET) periods <= 0; else if (~LOCK) periods <= periods + 1;
  assign LOCK = periods[4], CLKOUT = CLKIN, CLKOUTP = CLKIN, CLKOUTD = CLKIN, CLKOUTD3 = CLKIN;
endmodule

// The buffer of an output pin.
module TBUF_OUTPUT (input I, OEN, output O);
  assign O = I & ~OEN;
endmodule
