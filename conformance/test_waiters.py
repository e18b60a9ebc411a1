"""The AWS SDK's waiters for functions see each state that they wait for."""

import pytest
from botocore.exceptions import WaiterError
from test_functions import ROLE, package

QUICK = {"Delay": 1, "MaxAttempts": 10}
CODE = "def handler(event, context): return 1"


def test_every_waiter_for_functions_comes_back(server):
    functions = server.client("lambda")
    with pytest.raises(WaiterError):
        functions.get_waiter("function_exists").wait(FunctionName="f", WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    code = {"ZipFile": package(index__py=CODE)}
    functions.create_function(FunctionName="f", Runtime="python3.13", Role=ROLE, Handler="index.handler", Code=code)
    for name in ("function_exists", "function_active", "function_active_v2"):
        functions.get_waiter(name).wait(FunctionName="f", WaiterConfig=QUICK)
    functions.update_function_code(FunctionName="f", **code)
    for name in ("function_updated", "function_updated_v2"):
        functions.get_waiter(name).wait(FunctionName="f", WaiterConfig=QUICK)
    version = functions.publish_version(FunctionName="f")["Version"]
    functions.get_waiter("published_version_active").wait(FunctionName="f", Qualifier=version, WaiterConfig=QUICK)
