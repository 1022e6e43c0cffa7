"""A catalog as a file that people edit: YAML under the wire's names, amounts in major units."""
