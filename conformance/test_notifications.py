"""What a bucket may be told to notify, and whom."""

import pytest
from botocore.exceptions import ClientError
from test_functions import ROLE, package

CODE = "def handler(event, context): return 1"


def test_a_bucket_is_told_which_notifications_there_are(server):
    s3, functions = server.client("s3"), server.client("lambda")
    s3.create_bucket(Bucket="bucket")
    code = {"ZipFile": package(index__py=CODE)}
    made = functions.create_function(FunctionName="f", Runtime="python3.13", Role=ROLE, Handler="index.handler", Code=code)

    def put(event="s3:ObjectCreated:*", **more):
        target = {"LambdaFunctionArn": made["FunctionArn"], "Events": [event]}
        configuration = {"LambdaFunctionConfigurations": [target], **more}
        s3.put_bucket_notification_configuration(Bucket="bucket", NotificationConfiguration=configuration)

    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        put()
    functions.add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", SourceAccount="000000000000"
    )
    put()
    with pytest.raises(ClientError, match="The event 's3:ObjectCreated:Nonsense' is not supported"):
        put("s3:ObjectCreated:Nonsense")
    with pytest.raises(ClientError, match="EventBridge"):
        put(EventBridgeConfiguration={})
