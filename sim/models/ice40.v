// Behaviour of the cells of iCE40 for which yosys' own models have none.

// A PLL behind the oscillator's pad whose clock is the oscillator's own, good after sixteen of its
// periods: what a design does between two clock edges does not depend on how many of them there are
// in a second. Its dividers are checked where they are made (`hw.design.pll.ice40`), and by
// nextpnr, which derives the clock.
module SB_PLL40_PAD (
  input PACKAGEPIN, EXTFEEDBACK, BYPASS, RESETB, SCLK, SDI, LATCHINPUTVALUE,
  input [7:0] DYNAMICDELAY,
  output PLLOUTCORE, PLLOUTGLOBAL, LOCK, SDO
);
  parameter FEEDBACK_PATH = "SIMPLE", DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED";
  parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED", PLLOUT_SELECT = "GENCLK";
  parameter SHIFTREG_DIV_MODE = 0, FDA_FEEDBACK = 0, FDA_RELATIVE = 0;
  parameter DIVR = 0, DIVF = 0, DIVQ = 0, FILTER_RANGE = 0;
  parameter ENABLE_ICEGATE = 0, TEST_MODE = 0, EXTERNAL_DIVIDE_FACTOR = 1;
  reg [4:0] periods = 0;
  always @(posedge PACKAGEPIN) if (~RESETB) periods <= 0; else if (~LOCK) periods <= periods + 1;
  assign LOCK = periods[4], PLLOUTCORE = PACKAGEPIN, PLLOUTGLOBAL = PACKAGEPIN, SDO = 0;
endmodule

// The same PLL behind a signal.
module SB_PLL40_CORE (
  input REFERENCECLK, EXTFEEDBACK, BYPASS, RESETB, SCLK, SDI, LATCHINPUTVALUE,
  input [7:0] DYNAMICDELAY,
  output PLLOUTCORE, PLLOUTGLOBAL, LOCK, SDO
);
  parameter FEEDBACK_PATH = "SIMPLE", DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED";
  parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED", PLLOUT_SELECT = "GENCLK";
  parameter SHIFTREG_DIV_MODE = 0, FDA_FEEDBACK = 0, FDA_RELATIVE = 0;
  parameter DIVR = 0, DIVF = 0, DIVQ = 0, FILTER_RANGE = 0;
  parameter ENABLE_ICEGATE = 0, TEST_MODE = 0, EXTERNAL_DIVIDE_FACTOR = 1;
  SB_PLL40_PAD pad (
    .PACKAGEPIN(REFERENCECLK), .EXTFEEDBACK(EXTFEEDBACK), .BYPASS(BYPASS), .RESETB(RESETB),
    .SCLK(SCLK), .SDI(SDI), .LATCHINPUTVALUE(LATCHINPUTVALUE), .DYNAMICDELAY(DYNAMICDELAY),
    .PLLOUTCORE(PLLOUTCORE), .PLLOUTGLOBAL(PLLOUTGLOBAL), .LOCK(LOCK), .SDO(SDO)
  );
endmodule

// The buffers of pins, one model for each direction (Lattice FPGA-TN-02026, "iCE40 Technology
// Library").
module SB_IO_INPUT (
  input PACKAGE_PIN, LATCH_INPUT_VALUE, CLOCK_ENABLE, INPUT_CLK, OUTPUT_CLK, OUTPUT_ENABLE,
    D_OUT_0, D_OUT_1,
  output D_IN_0, D_IN_1
);
  parameter PIN_TYPE = 6'b000001;
  parameter PULLUP = 0, NEG_TRIGGER = 0, IO_STANDARD = "SB_LVCMOS";
  assign D_IN_0 = PACKAGE_PIN, D_IN_1 = 0;
endmodule

module SB_IO_OUTPUT (
  input LATCH_INPUT_VALUE, CLOCK_ENABLE, INPUT_CLK, OUTPUT_CLK, OUTPUT_ENABLE, D_OUT_0, D_OUT_1,
  output PACKAGE_PIN, D_IN_0, D_IN_1
);
  parameter PIN_TYPE = 6'b011001;
  parameter PULLUP = 0, NEG_TRIGGER = 0, IO_STANDARD = "SB_LVCMOS";
  // Of type 1010 it is driven while enabled; a pin that is not is read as 0.
  assign PACKAGE_PIN = D_OUT_0 & (PIN_TYPE[5:2] == 4'b1010 ? OUTPUT_ENABLE : 1'b1), D_IN_0 = 0, D_IN_1 = 0;
endmodule
