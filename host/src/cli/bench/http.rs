//! One request to a server on loopback, and what it answers. No more HTTP than that.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request.
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) token: &'a str,
    pub(super) content_type: &'a str,
    pub(super) body: &'a [u8],
}

impl<'a> Ask<'a> {
    pub(super) const fn get(path: &'a str) -> Self {
        Self { method: "GET", path, token: "", content_type: "text/plain", body: &[] }
    }

    /// Sends it on a connection of its own; answers the status and the rest as it came.
    pub(super) async fn send(&self, address: SocketAddr) -> std::io::Result<(u16, String)> {
        let mut connection = TcpStream::connect(address).await?;
        let head = format!(
            "{} {} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n",
            self.method,
            self.path,
            self.token,
            self.content_type,
            self.body.len()
        );
        connection.write_all(&[head.as_bytes(), self.body].concat()).await?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        Ok((status(&answer), answer))
    }
}

/// The status of an answer; 0 when it is none.
fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_goes_out_whole_and_its_answer_comes_back() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 1_024];
            let n = connection.read(&mut asked).await.unwrap();
            connection.write_all(b"HTTP/1.1 202 Accepted\r\n\r\nkept").await.unwrap();
            String::from_utf8_lossy(&asked[..n]).into_owned()
        });
        let ask =
            Ask { method: "POST", path: "/x", token: "klz_1", content_type: "message/rfc822", body: b"mail" };
        let (status, answer) = ask.send(address).await.unwrap();
        let asked = server.await.unwrap();
        assert!(asked.starts_with("POST /x HTTP/1.1\r\n") && asked.ends_with("\r\n\r\nmail"), "{asked}");
        assert!(asked.contains("authorization: Bearer klz_1"), "{asked}");
        assert_eq!(status, 202);
        assert!(answer.ends_with("kept"), "{answer}");
        assert_eq!(super::status(""), 0);
    }
}
