//! The bare Runtime API: hands events to one program as fast as it takes them, and does nothing else. What a function
//! does by itself, without a server around it.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a function's program finds in its environment.
pub(crate) fn lambda_variables(runtime_api: SocketAddr) -> [(&'static str, String); 7] {
    [
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", "bare".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bare".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bare".to_owned()),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string()),
    ]
}

/// A program that asks for events.
pub(crate) struct BareRuntime {
    child: Child,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// From before the program was started to its first question.
    pub(crate) ready_after: Duration,
}

impl Drop for BareRuntime {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl BareRuntime {
    /// Starts a program and waits for its first question.
    pub(crate) async fn start(command: &mut Command) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        command.envs(lambda_variables(address));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().context("the function's program cannot be started")?;
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let mut runtime = Self { child, stream, buffer: Vec::new(), ready_after: Duration::ZERO };
        runtime.request("GET").await?;
        runtime.ready_after = begun.elapsed();
        Ok(runtime)
    }

    /// Hands out an event over and over; how long each took until its response was there, microseconds.
    pub(crate) async fn round_trips(
        &mut self,
        event: &str,
        measured: Duration,
    ) -> anyhow::Result<Histogram<u64>> {
        let next = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: \
             8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nlambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:000000000000:function:bare\r\n\
             lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\ncontent-length: {}\r\n\r\n{event}",
            event.len()
        );
        let mut latency = Histogram::new(3)?;
        let until = Instant::now() + measured;
        while Instant::now() < until {
            let begun = Instant::now();
            self.stream.write_all(next.as_bytes()).await?;
            self.request("POST").await?;
            latency.record(u64::try_from(begun.elapsed().as_micros())?)?;
            self.stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await?;
            self.request("GET").await?;
        }
        Ok(latency)
    }

    /// Reads one request of a method with its body.
    async fn request(&mut self, method: &str) -> anyhow::Result<()> {
        loop {
            if let Some(length) = whole(&self.buffer)? {
                let came = self.buffer.drain(..length).take(method.len()).collect::<Vec<u8>>();
                anyhow::ensure!(
                    came == method.as_bytes(),
                    "a {method} was expected, not {}",
                    String::from_utf8_lossy(&came)
                );
                return Ok(());
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the function's program closed the connection");
            }
        }
    }
}

/// The length of the first request in a buffer, if all of it is there.
fn whole(buffer: &[u8]) -> anyhow::Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(buffer)? else { return Ok(None) };
    let header = |name: &str| request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    if header("transfer-encoding").is_some() {
        let end = b"0\r\n\r\n";
        let found = buffer[head..].windows(end.len()).position(|bytes| bytes == end);
        return Ok(found.map(|at| head + at + end.len()));
    }
    let length = match header("content-length") {
        Some(length) => std::str::from_utf8(length.value)?.trim().parse()?,
        None => 0,
    };
    Ok((buffer.len() >= head + length).then_some(head + length))
}
