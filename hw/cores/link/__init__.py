"""The serial link to the host: frames of bytes in, requests and replies, bytes out."""
