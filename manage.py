"""Django's management entry, for developers; people use the `encours` command."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Migrations and shells act as the owner of the tables; the product itself runs as the bound role.
    os.environ.setdefault("ENCOURS_AS_OWNER", "1")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
