"""The vocabulary every room shares: Flyte's IDL under short names, our `alula.v1` beside it, ids, phases, digests."""
