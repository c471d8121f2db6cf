//! A caller of its own on one connection: for what must be timed one by one, or offered at a steady rate.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{Outcome, clock, load::Prepared, server::HOST};

pub(crate) struct Connection(TcpStream);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) took: Duration,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    pub(crate) async fn ask(&mut self, request: &Prepared) -> Outcome<Answer> {
        let begun = clock::stopwatch();
        self.0.write_all(request.as_http().as_bytes()).await?;
        let mut read = Vec::new();
        let head_end = loop {
            if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more(&mut read).await?;
        };
        let head = String::from_utf8_lossy(read.get(..head_end).unwrap_or_default()).to_ascii_lowercase();
        let body = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let whole = head_end + body.trim().parse::<usize>()?;
        while read.len() < whole {
            self.read_more(&mut read).await?;
        }
        let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
        Ok(Answer { status, head, took: begun.elapsed() })
    }

    async fn read_more(&mut self, read: &mut Vec<u8>) -> Outcome {
        if self.0.read_buf(read).await? == 0 {
            return Err("the server hung up".into());
        }
        Ok(())
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Until the sign-in page is there.
pub(crate) async fn first_page(address: SocketAddr) -> Outcome {
    let page = Prepared { method: "GET", path: "/sign-in", cookies: String::new(), body: String::new() };
    let answer = Connection::open(address).await?.ask(&page).await?;
    if answer.status == 200 {
        Ok(())
    } else {
        Err(format!("the sign-in page answers {}", answer.status).into())
    }
}

impl Prepared {
    fn as_http(&self) -> String {
        let Self { method, path, cookies, body } = self;
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: probe\r\nCookie: {cookies}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }
}
