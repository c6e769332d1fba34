"""Two sessions on one server, over Streamlit's own protocol.

Neither sees the other's sample, and an upload goes with its session.
"""

import asyncio
import time

import pytest

from benchmarks.dashboard import serve, session
from benchmarks.many_users import journey, sample_of
from leap_core.services.models import load_model


async def until(condition):
    """Wait until something is so, a minute at most."""
    end = time.monotonic() + 60
    while not await condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.2)


async def two_sessions(server, model):
    files = [sample_of(model, number) for number in (1, 2)]
    async with session(server) as second:
        async with session(server) as first:
            for number, client in enumerate((first, second), start=1):
                # Of its own accord a journey ends with an error where the list or anything else names another's sample.
                assert (await journey(client, model, number, 2, 0.0)).sample == files[number - 1][0]
            await second.go("ranked")
            assert first.names == {files[0][0]} and second.names == {files[1][0]}
            assert server.uploaded_bytes() == sum(len(content) for _, content in files)
            address = first.uploaded

        async def refused():
            return server.put(address, "late.csv", b"gene,late") == 400

        async def forgotten():
            # Streamlit drops a session when another one goes after its time to reconnect.
            async with session(server):
                pass
            return server.uploaded_bytes() == len(files[1][1])

        await until(refused)
        await until(forgotten)
        await second.go("ranked")
        assert second.widget("budget_pick_gene") and second.names == {files[1][0]}


@pytest.mark.xdist_group("servers")
def test_no_session_sees_anothers_sample_and_an_upload_goes_with_its_session(demo_store):
    model = load_model("Demo genes", demo_store)
    with serve(demo_store.home, "--server.disconnectedSessionTTL", "1") as server:
        asyncio.run(two_sessions(server, model))
