"""``python -m anpyc_cli``: the ``anpyc`` of this interpreter."""

from anpyc_cli.main import main

if __name__ == "__main__":
    main()
