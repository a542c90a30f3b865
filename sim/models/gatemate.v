// Behaviour of the cells of GateMate for which yosys' own models have none.

// A PLL whose clock is the oscillator's own, good after sixteen of its periods: what a design does
// between two clock edges does not depend on how many of them there are in a second. Its dividers
// are checked where they are made (`hw.design.pll.gatemate`), and by nextpnr, which chooses them.
module CC_PLL (
  input CLK_REF, CLK_FEEDBACK, USR_CLK_REF, USR_LOCKED_STDY_RST,
  output USR_PLL_LOCKED_STDY, USR_PLL_LOCKED, CLK270, CLK180, CLK90, CLK0, CLK_REF_OUT
);
  parameter REF_CLK = "", OUT_CLK = "", PERF_MD = "", LOCK_REQ = 1, LOW_JITTER = 1;
  parameter CLK270_DOUB = 0, CLK180_DOUB = 0, CI_FILTER_CONST = 2, CP_FILTER_CONST = 4;
  reg [4:0] periods = 0;
  always @(posedge CLK_REF) if (~USR_PLL_LOCKED) periods <= periods + 1;
  assign USR_PLL_LOCKED = periods[4], USR_PLL_LOCKED_STDY = periods[4];
  assign CLK0 = CLK_REF, CLK_REF_OUT = CLK_REF, CLK180 = ~CLK_REF, CLK90 = 0, CLK270 = 0;
endmodule
