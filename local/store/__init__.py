"""The local store: DynamoDB's semantics in this process, durable by a journal (docs/local-store.md)."""
