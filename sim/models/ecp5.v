// Behaviour of the cells of ECP5 for which yosys' own models have none, as far as the designs
// here use them. `sim.netlist` refuses a netlist that uses them otherwise.

// A block memory of 18 kbit with two ports (Lattice FPGA-TN-02204, "ECP5 Memory Usage Guide").
//
// 1,024 units of 18 bits, each two bytes of nine; INITVAL_00 holds the first sixteen units, one
// every 20 bits. An address counts bits: its upper ten are the unit, the fourth the byte. A port of
// 18 bits has the enables of its two bytes on address pins 0 and 1. A port of 36 bits is two
// units, the even one on the pins of side A and the odd one on those of B; it is written with the
// address of A, with the four bytes' enables on its pins 0 to 3, and read with that of B. Ports of
// 4, 2 and 1 bits use eight bits of a byte. Reading takes a cycle, with REGMODE "OUTREG" two: the
// second register is enabled by OCE.
//
// Bits that one port reads while the other writes them are undefined: they come out inverted, so
// that a design that relies on them differs. Only the bits that are written collide: a whole unit
// would be too many, as bytes and single bits of a unit are written and read at the same time.
module DP16KD (
  input
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0,
    ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
  output
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
    DOA3, DOA2, DOA1, DOA0,
  input
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0,
    ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
  output
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
    DOB3, DOB2, DOB1, DOB0
);
  parameter integer DATA_WIDTH_A = 18, DATA_WIDTH_B = 18;
  parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG";
  parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL";
  parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000", CLKAMUX = "CLKA", CLKBMUX = "CLKB";
  parameter RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", GSR = "ENABLED", INIT_DATA = "STATIC";
  parameter [319:0]
    INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0, INITVAL_04 = 0, INITVAL_05 = 0,
    INITVAL_06 = 0, INITVAL_07 = 0, INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0,
    INITVAL_0C = 0, INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0, INITVAL_10 = 0, INITVAL_11 = 0,
    INITVAL_12 = 0, INITVAL_13 = 0, INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0,
    INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0, INITVAL_1B = 0, INITVAL_1C = 0, INITVAL_1D = 0,
    INITVAL_1E = 0, INITVAL_1F = 0, INITVAL_20 = 0, INITVAL_21 = 0, INITVAL_22 = 0, INITVAL_23 = 0,
    INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0, INITVAL_28 = 0, INITVAL_29 = 0,
    INITVAL_2A = 0, INITVAL_2B = 0, INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0,
    INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33 = 0, INITVAL_34 = 0, INITVAL_35 = 0,
    INITVAL_36 = 0, INITVAL_37 = 0, INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0,
    INITVAL_3C = 0, INITVAL_3D = 0, INITVAL_3E = 0, INITVAL_3F = 0;
  localparam [20479:0] INIT = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
    INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
    INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
    INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
    INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
    INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
    INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
    INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
  };
  wire [17:0] di_a = {
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0
  };
  wire [13:0] ad_a = {
    ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
  };
  wire [17:0] di_b = {
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0
  };
  wire [13:0] ad_b = {
    ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
  };

  reg [17:0] memory [0:1023];
  integer unit;
  initial for (unit = 0; unit < 1024; unit = unit + 1) memory[unit] = INIT[20 * unit +: 18];

  // The bits of a unit that an access reaches, those of the whole unit for 18 and 36 bits.
  function [17:0] reached(input integer width, input [13:0] address);
    reg [17:0] low;
    begin
      low = width >= 18 ? 18'h3ffff : width == 9 ? 18'h1ff : (18'h1 << width) - 18'h1;
      reached = width >= 18 ? low : low << first(width, address);
    end
  endfunction

  // The place in its unit of the lowest bit of an access.
  function [4:0] first(input integer width, input [13:0] address);
    first = (address[3] ? 5'd9 : 5'd0)
        + (width == 4 ? {2'd0, address[2], 2'd0}
         : width == 2 ? {2'd0, address[2:1], 1'd0}
         : width == 1 ? {2'd0, address[2:0]} : 5'd0);
  endfunction

  function [17:0] bytes(input [1:0] enabled);
    bytes = {{9{enabled[1]}}, {9{enabled[0]}}};
  endfunction

  wire chosen_a = ~(CSA2 | CSA1 | CSA0), chosen_b = ~(CSB2 | CSB1 | CSB0);
  wire writes_a = CEA & WEA & chosen_a, writes_b = CEB & WEB & chosen_b;
  reg [17:0] latch_a = 0, latch_b = 0, late_a = 0, late_b = 0;
  wire [17:0] do_a = REGMODE_A == "OUTREG" ? late_a : latch_a;
  wire [17:0] do_b = REGMODE_B == "OUTREG" ? late_b : latch_b;
  always @(posedge CLKA) if (RSTA) late_a <= 0; else if (OCEA & CEA) late_a <= latch_a;
  always @(posedge CLKB) if (RSTB) late_b <= 0; else if (OCEB & CEB) late_b <= latch_b;

  generate
    if (DATA_WIDTH_B == 36) begin : wide
      wire [8:0] word_a = ad_a[13:5], word_b = ad_b[13:5];
      wire [17:0] low = writes_a ? bytes(ad_a[1:0]) : 18'h0;
      wire [17:0] high = writes_a ? bytes(ad_a[3:2]) : 18'h0;
      wire same = word_a == word_b;
      always @(posedge CLKA) begin
        if (writes_a) begin
          memory[{word_a, 1'b0}] <= memory[{word_a, 1'b0}] & ~low | di_a & low;
          memory[{word_a, 1'b1}] <= memory[{word_a, 1'b1}] & ~high | di_b & high;
        end
      end
      always @(posedge CLKB) begin
        if (RSTB) begin
          latch_a <= 0;
          latch_b <= 0;
        end else if (CEB & chosen_b) begin
          latch_a <= memory[{word_b, 1'b0}] ^ (same ? low : 18'h0);
          latch_b <= memory[{word_b, 1'b1}] ^ (same ? high : 18'h0);
        end
      end
    end else begin : narrow
      wire [17:0] may_a = DATA_WIDTH_A == 18 ? bytes(ad_a[1:0]) : reached(DATA_WIDTH_A, ad_a);
      wire [17:0] may_b = DATA_WIDTH_B == 18 ? bytes(ad_b[1:0]) : reached(DATA_WIDTH_B, ad_b);
      wire [17:0] into_a = writes_a ? may_a : 18'h0, into_b = writes_b ? may_b : 18'h0;
      wire [4:0] shift_a = DATA_WIDTH_A >= 18 ? 5'd0 : first(DATA_WIDTH_A, ad_a);
      wire [4:0] shift_b = DATA_WIDTH_B >= 18 ? 5'd0 : first(DATA_WIDTH_B, ad_b);
      wire same = ad_a[13:4] == ad_b[13:4];
      wire [17:0] old_a = memory[ad_a[13:4]] ^ (same ? into_b : 18'h0);
      wire [17:0] old_b = memory[ad_b[13:4]] ^ (same ? into_a : 18'h0);
      wire [17:0] new_a = memory[ad_a[13:4]] & ~into_a | (di_a << shift_a) & into_a;
      wire [17:0] new_b = memory[ad_b[13:4]] & ~into_b | (di_b << shift_b) & into_b;
      wire [17:0] seen_a = WRITEMODE_A == "WRITETHROUGH" & writes_a ? new_a : old_a;
      wire [17:0] seen_b = WRITEMODE_B == "WRITETHROUGH" & writes_b ? new_b : old_b;
      always @(posedge CLKA) begin
        if (RSTA) latch_a <= 0;
        else if (CEA & chosen_a & (~WEA | WRITEMODE_A != "NORMAL"))
          latch_a <= (seen_a & reached(DATA_WIDTH_A, ad_a)) >> shift_a;
        if (writes_a) memory[ad_a[13:4]] <= new_a;
      end
      always @(posedge CLKB) begin
        if (RSTB) latch_b <= 0;
        else if (CEB & chosen_b & (~WEB | WRITEMODE_B != "NORMAL"))
          latch_b <= (seen_b & reached(DATA_WIDTH_B, ad_b)) >> shift_b;
        if (writes_b) memory[ad_b[13:4]] <= new_b;
      end
    end
  endgenerate
  assign {
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
    DOA3, DOA2, DOA1, DOA0
  } = do_a;
  assign {
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
    DOB3, DOB2, DOB1, DOB0
  } = do_b;
endmodule

// A multiplier without its registers (Lattice FPGA-TN-02205, "ECP5 sysDSP Usage Guide"): P is A
// times B, each of them signed where its SIGNED pin is 1. C is no part of the product.
module MULT18X18D (
  input
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
    B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
    C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0,
    SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
  output
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17,
    P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
  wire signed [18:0] a = {SIGNEDA & A17,
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0
  };
  wire signed [18:0] b = {SIGNEDB & B17,
    B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0
  };
  wire signed [37:0] product = a * b;
  assign {
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17,
    P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
  } = product[35:0];
endmodule

// A PLL whose clock is the oscillator's own, good after sixteen of its periods: what a design does
// between two clock edges does not depend on how many of them there are in a second. Its dividers
// are checked where they are made (`hw.design.pll.ecp5`), and by nextpnr, which derives the clock.
module EHXPLLL (
  input CLKI, CLKFB, RST, STDBY, PHASESEL1, PHASESEL0, PHASEDIR, PHASESTEP, PHASELOADREG,
    PLLWAKESYNC, ENCLKOP, ENCLKOS,
  output CLKOP, CLKOS, LOCK
);
  parameter FEEDBK_PATH = "CLKOP", CLKOP_ENABLE = "ENABLED", CLKOS_ENABLE = "DISABLED";
  parameter CLKOS2_ENABLE = "DISABLED", CLKOS3_ENABLE = "DISABLED";
  parameter integer CLKI_DIV = 1, CLKFB_DIV = 1, CLKOP_DIV = 8, CLKOS_DIV = 8;
  parameter integer CLKOP_CPHASE = 0, CLKOS_CPHASE = 0;
  reg [4:0] periods = 0;
  always @(posedge CLKI) if (RST | STDBY) periods <= 0; else if (~LOCK) periods <= periods + 1;
  assign LOCK = periods[4], CLKOP = CLKI, CLKOS = CLKI;
endmodule

// The buffers of pins, one model for each direction.
module TRELLIS_IO_INPUT (input B, output O);
  parameter DIR = "INPUT";
  assign O = B;
endmodule

module TRELLIS_IO_OUTPUT (input I, T, output B);
  parameter DIR = "OUTPUT";
  assign B = I & ~T;
endmodule
