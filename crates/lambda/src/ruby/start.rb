# frozen_string_literal: true

# Starts AWS's runtime interface client, from the function's gems, a layer's, or the machine's; says so if there is none.
# AWS's own starter would go by the function's Gemfile, which Lambda's runtimes do not.

begin
  require 'aws_lambda_ric'
rescue LoadError => e
  raise unless e.path == 'aws_lambda_ric'

  require 'json'
  require 'net/http'
  missing = "#{ENV.fetch('AWS_EXECUTION_ENV', 'ruby').sub('AWS_Lambda_', '')} needs AWS's runtime interface client: " \
            "gem install aws_lambda_ric, or add it to the function's Gemfile"
  Net::HTTP.post(URI("http://#{ENV.fetch('AWS_LAMBDA_RUNTIME_API')}/2018-06-01/runtime/init/error"),
                 { errorMessage: missing, errorType: 'Runtime.InvalidRuntime' }.to_json,
                 'Lambda-Runtime-Function-Error-Type' => 'Runtime.InvalidRuntime')
  abort missing
end

AwsLambdaRIC::Bootstrap.new.start
