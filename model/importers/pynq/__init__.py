"""Import of BNN-PYNQ's folders of parameters."""
