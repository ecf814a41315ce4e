"""How the portal gets to AWS: the package, the template, the stack, the site. Never packaged for Lambda."""
