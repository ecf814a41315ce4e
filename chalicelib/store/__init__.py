"""DynamoDB through PynamoDB: one file per aggregate, conditional writes, integers only."""
