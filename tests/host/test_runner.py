"""The runner of the scripts: it must not take a failure for a success."""

import pytest


def test_a_script_that_hangs_is_killed_and_fails(mpy):
    with pytest.raises(pytest.fail.Exception, match="hung for 1 s and was killed"):
        mpy.run("hang", timeout=1)


def test_a_script_that_raises_fails(mpy):
    with pytest.raises(pytest.fail.Exception, match="KeyError: count"):
        mpy.run("chain")
