"""Runtimes that need an interpreter and AWS's client for it: how they are started, and what is said where they are missing.

AWS's clients for Ruby and Java are in no registry that a test can rely on. Where the machine has none, the packages carry
a stand-in: the few lines that call the handler by the Runtime API, under the official name.
"""

import shutil
import subprocess

import pytest
from conftest import Server
from test_functions import ROLE, call, package

RUBY_STAND_IN = """
require 'json'
require 'net/http'
module AwsLambdaRIC
  # A stand-in for AWS's runtime interface client.
  class Bootstrap
    def start
      api = URI("http://#{ENV.fetch('AWS_LAMBDA_RUNTIME_API')}/2018-06-01/runtime/invocation/")
      file, method = ENV.fetch('_HANDLER').split('.')
      require File.join(Dir.pwd, file)
      loop do
        event = Net::HTTP.get_response(URI.join(api, 'next'))
        answer = method(method).call(event: JSON.parse(event.body), context: nil)
        Net::HTTP.post(URI.join(api, "#{event['Lambda-Runtime-Aws-Request-Id']}/response"), answer.to_json)
      end
    end
  end
end
"""
GEM = """
Gem::Specification.new do |gem|
  gem.name, gem.version, gem.summary, gem.authors = '%s', '%s', 'a gem', ['nobody']
  gem.files, gem.require_paths = ['lib/%s.rb'], ['lib']
end
"""
RUBY_CODE = """
require 'greeting'
def answer(event:, context:)
  { 'got' => event, 'greeting' => Greeting::TEXT, 'task' => ENV['LAMBDA_TASK_ROOT'], 'env' => ENV['AWS_EXECUTION_ENV'] }
end
"""
JAVA_STAND_IN = """
package com.amazonaws.services.lambda.runtime.api.client;
import java.io.*; import java.net.URI; import java.net.http.*; import java.nio.charset.StandardCharsets;
/** A stand-in for AWS's runtime interface client: handlers of streams only. */
public class AWSLambda {
  public static void main(String[] arguments) throws Exception {
    String[] handler = arguments[0].split("::");
    Class<?> type = Class.forName(handler[0]);
    Object instance = type.getDeclaredConstructor().newInstance();
    var method = type.getMethod(handler[1], InputStream.class, OutputStream.class);
    String api = "http://" + System.getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";
    HttpClient client = HttpClient.newHttpClient();
    while (true) {
      var next = client.send(HttpRequest.newBuilder(URI.create(api + "next")).build(), HttpResponse.BodyHandlers.ofInputStream());
      var answer = new ByteArrayOutputStream();
      method.invoke(instance, next.body(), answer);
      String id = next.headers().firstValue("Lambda-Runtime-Aws-Request-Id").get();
      client.send(HttpRequest.newBuilder(URI.create(api + id + "/response"))
        .POST(HttpRequest.BodyPublishers.ofByteArray(answer.toByteArray())).build(), HttpResponse.BodyHandlers.discarding());
    }
  }
}
"""
JAVA_CODE = """
package shop;
import java.io.*;
public class Orders {
  public void take(InputStream in, OutputStream out) throws IOException {
    out.write(("{\\"got\\": " + new String(in.readAllBytes(), "UTF-8") + ", \\"task\\": \\"" + System.getenv("LAMBDA_TASK_ROOT") + "\\"}").getBytes("UTF-8"));
  }
}
"""


def create(server, runtime, handler, files, **more):
    functions = server.client("lambda")
    code = {"ZipFile": package(**files)}
    functions.create_function(FunctionName="f", Runtime=runtime, Role=ROLE, Handler=handler, Code=code, Timeout=30, **more)
    functions.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    return functions


@pytest.fixture
def bare_server(tmp_path, monkeypatch):
    """A server that finds no interpreter."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    running = Server(tmp_path)
    yield running
    running.end()


@pytest.mark.parametrize(
    "runtime, said",
    [
        ("ruby3.3", "ruby3.3 needs ruby3.3 or ruby: install Ruby (Debian: apt-get install ruby)"),
        ("java21", "java21 needs java: install a Java runtime (Debian: apt-get install default-jre-headless)"),
        ("nodejs22.x", "nodejs22.x needs node22 or node or nodejs: install Node.js 18 or newer (Debian: apt-get install nodejs)"),
        ("dotnet8", "dotnet8 needs dotnet: install the .NET runtime"),
    ],
)
def test_what_is_to_be_installed_is_said(bare_server, runtime, said):
    error, payload = call(create(bare_server, runtime, "a.b", {"a__b": "x"}), {})
    assert (error, payload["errorType"]) == ("Unhandled", "Runtime.InvalidRuntime")
    assert payload["errorMessage"].endswith(f"Error: {said}")


def test_an_image_without_podman_and_docker_says_so(bare_server):
    functions = bare_server.client("lambda")
    functions.create_function(FunctionName="f", PackageType="Image", Role=ROLE, Code={"ImageUri": "localhost/any:1"})
    functions.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    error, payload = call(functions, {})
    assert error == "Unhandled" and "podman or docker: install one of them" in payload["errorMessage"]


needs_ruby = pytest.mark.skipif(not shutil.which("ruby"), reason="no ruby here: apt-get install ruby")


def bundled(name, text, version="1.0.0"):
    folder = "vendor/bundle/ruby/3.3.0"
    return {
        f"{folder}/gems/{name}-{version}/lib/{name}.rb": text,
        f"{folder}/specifications/{name}-{version}.gemspec": GEM % (name, version, name),
    }


@needs_ruby
def test_a_ruby_function_has_its_bundled_gems_whatever_its_gemfile_says(server):
    files = {
        "app.rb": RUBY_CODE,
        "Gemfile": "source 'https://rubygems.org'\ngem 'greeting'\n",
        **bundled("greeting", "module Greeting; TEXT = 'good morning'; end"),
        # AWS's own is newer, where there is one.
        **bundled("aws_lambda_ric", RUBY_STAND_IN, version="0.0.1"),
    }
    error, payload = call(create(server, "ruby3.3", "app.answer", files), {"n": "日本"})
    assert error is None, payload
    assert payload["got"] == {"n": "日本"} and payload["greeting"] == "good morning"
    assert payload["env"] == "AWS_Lambda_ruby3.3"


@needs_ruby
def test_a_ruby_function_without_awss_client_says_what_to_install(server):
    if subprocess.run(["ruby", "-e", "require 'aws_lambda_ric'"], capture_output=True).returncode == 0:
        pytest.skip("AWS's client is installed here")
    error, payload = call(create(server, "ruby3.3", "app.answer", {"app.rb": RUBY_CODE}), {})
    assert (error, payload["errorType"]) == ("Unhandled", "Runtime.InvalidRuntime")
    assert payload["errorMessage"].startswith("ruby3.3 needs AWS's runtime interface client: gem install aws_lambda_ric")


@pytest.fixture(scope="session")
def java_classes(tmp_path_factory):
    """The function's classes and the stand-in's jar."""
    if not shutil.which("javac") or not shutil.which("jar"):
        pytest.skip("no Java compiler here: apt-get install default-jdk-headless")
    folder = tmp_path_factory.mktemp("java")
    for name, text in [("AWSLambda", JAVA_STAND_IN), ("Orders", JAVA_CODE)]:
        (folder / f"{name}.java").write_text(text)
        subprocess.run(["javac", "-d", folder / name, folder / f"{name}.java"], check=True, timeout=120)
    subprocess.run(["jar", "--create", "--file", folder / "client.jar", "-C", folder / "AWSLambda", "."], check=True, timeout=120)
    return (folder / "Orders/shop/Orders.class").read_bytes(), (folder / "client.jar").read_bytes()


def test_a_java_function_runs_from_its_classes_and_the_jars_in_lib(server, java_classes):
    classes, client = java_classes
    files = {"shop/Orders.class": classes, "lib/aws-lambda-java-runtime-interface-client-0.0.0.jar": client}
    error, payload = call(create(server, "java21", "shop.Orders::take", files, MemorySize=512), {"n": "日本"})
    assert error is None, payload
    assert payload["got"] == {"n": "日本"}


def test_a_java_function_without_awss_client_says_what_to_add(server, java_classes):
    files = {"shop/Orders.class": java_classes[0]}
    error, payload = call(create(server, "java21", "shop.Orders::take", files), {})
    assert (error, payload["errorType"]) == ("Unhandled", "Runtime.InvalidRuntime")
    assert "needs AWS's aws-lambda-java-runtime-interface-client: put its jar" in payload["errorMessage"]
