"""What somebody sees who is not let in, or not yet."""

from __future__ import annotations

import streamlit as st

from pages.shared.access import EXPOSED, NOT_ALLOWED, UNSIGNED, claimed_address, why_not
from pages.shared.text import plain

st.title("LEAP Screen Prioritiser")
reason = why_not()
if reason == UNSIGNED:
    st.write("Which gene knock-outs and drugs are worth testing in a cell line that nobody has screened?")
    if st.button("Sign in", key="sign_in", type="primary", icon=":material/login:"):
        st.login()
    st.caption("With the account of your institution. Uploads stay in your session and are seen by no other user.")
elif reason == NOT_ALLOWED:
    st.warning(
        f"You are signed in as {plain(claimed_address())}, which is not on this server's list. Ask whoever runs it to"
        " add your address.",
        icon=":material/block:",
    )
    if st.button("Sign out", key="sign_out_here", icon=":material/logout:"):
        st.logout()
elif reason == EXPOSED:
    st.error(
        "Other computers can reach this server, and nobody would have to sign in: that is refused. Bind it to this"
        " computer (server.address = 127.0.0.1), or set up sign-in in .streamlit/secrets.toml, as the administrator's"
        " page of the documentation says.",
        icon=":material/lock:",
    )
