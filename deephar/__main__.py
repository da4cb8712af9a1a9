"""`python -m deephar`: the `deephar` command, where its folder is not in the path."""
import sys

from deephar.cli import main

if __name__ == "__main__":
    sys.exit(main())
