import sys

from gabagool.cli.main import main

sys.exit(main())
