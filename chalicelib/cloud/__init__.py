"""The cloud's services behind small functions: nobody above knows whose cloud it is."""
