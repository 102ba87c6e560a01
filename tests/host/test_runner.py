"""The runner of the scripts: it must not take a failure for a success."""

import re

import pytest


def test_a_script_that_hangs_is_interrupted_and_fails(mpy):
    with pytest.raises(pytest.fail.Exception) as failed:
        mpy.run("hang", timeout=1)
    assert "hang hung for 1 s and ended with 1:" in str(failed.value)
    # It says where it was, by file and line.
    assert re.search(r'hang.py", line [67], .*\nKeyboardInterrupt', str(failed.value)), (
        failed.value
    )


def test_a_script_that_raises_fails(mpy):
    with pytest.raises(pytest.fail.Exception, match=r'chain.py", line 7(.*\n)+KeyError: count'):
        mpy.run("chain")
