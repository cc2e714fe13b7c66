"""By which key an account is known again, whether it reports, complains or objects."""

from evenhand.base.sealing import keyed_hash

KEY_BYTES = 32


def account_subject(account: str, *, token_key: bytes) -> bytes:
    """Gives the key of an account: what it misuses in one way counts in every other.

    Empty for no account: nobody is known again by it.
    """
    if not account:
        return b""
    content = f"account\0{account}".encode(errors="surrogatepass")
    return keyed_hash(content, key=token_key, size_bytes=KEY_BYTES)
