"""What somebody sees who is not let in, or not yet."""

from __future__ import annotations

import streamlit as st

from pages.shared.access import NOT_ALLOWED, UNSIGNED, WHY_NOT, claimed_address, why_not
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
elif reason in WHY_NOT:
    st.error(plain(WHY_NOT[reason]), icon=":material/lock:")
