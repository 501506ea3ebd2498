"""`python -m glassnet` is the command line."""

from glassnet.cli import main

if __name__ == "__main__":
    main(prog_name="glassnet")
