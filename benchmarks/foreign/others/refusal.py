"""The one line of a script that can't do what it is asked."""
import sys
from pathlib import Path
from typing import NoReturn


def refuse(text: str) -> NoReturn:
    """End with ``text`` and exit status 2."""
    print(f"{Path(sys.argv[0]).name}: {text}", file=sys.stderr)
    sys.exit(2)
