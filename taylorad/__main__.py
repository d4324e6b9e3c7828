"""``python -m taylorad``."""

import sys

from taylorad.cli import main

if __name__ == "__main__":
    sys.exit(main())
