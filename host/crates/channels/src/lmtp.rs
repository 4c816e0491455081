//! Mail handed over by the mail server of this machine, by LMTP or SMTP. A mail is acknowledged only after the
//! inbox has it for good; what cannot be kept now is offered again by the other side.
//!
//! Knows no tickets. Has no login and no encryption, so it belongs on the loopback or on a socket file.

mod session;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::ChannelError;
use crate::email::limits::RAW_BYTES_MAX;
use session::{Session, Step};

/// Connections at the same time.
const CONNECTIONS_MAX: usize = 32;
/// How long the other side may be silent (RFC 5321 §4.5.3.2.7).
const SILENCE_MAX: Duration = Duration::from_secs(300);
/// How long handing over one mail may take.
const MAIL_TIME_MAX: Duration = Duration::from_secs(900);
/// Longest command line, bytes; RFC 5321 asks for 512 and more with extensions.
const LINE_BYTES_MAX: usize = 4_096;
/// Bytes read of a mail at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Where mail goes.
#[async_trait]
pub trait Inbox: Send + Sync + 'static {
    /// Whether mail for this address is ours.
    fn takes(&self, address: &str) -> bool;

    /// Keeps a mail for good.
    ///
    /// # Errors
    /// Transient when it can be offered again, permanent when it never will be kept.
    async fn keep(&self, raw: Vec<u8>) -> Result<(), ChannelError>;
}

/// Where connections come from.
#[derive(Debug)]
pub enum Listener {
    /// A port, which should be one of the loopback.
    Tcp(TcpListener),
    /// A socket file.
    Unix(UnixListener),
}

impl Listener {
    /// Listens on `address:port`, or on a socket file when it is an absolute path. A socket file that nobody
    /// listens on any more is replaced.
    ///
    /// # Errors
    /// When it cannot be listened on.
    pub async fn bind(place: &str) -> std::io::Result<Self> {
        if !place.starts_with('/') {
            return TcpListener::bind(place).await.map(Self::Tcp);
        }
        match UnixListener::bind(place) {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                if tokio::net::UnixStream::connect(place).await.is_ok() {
                    return Err(error);
                }
                std::fs::remove_file(place)?;
                UnixListener::bind(place).map(Self::Unix)
            }
            other => other.map(Self::Unix),
        }
    }
}

/// Takes mail until `stop`. Mails that are under way are still taken.
pub async fn serve(listener: Listener, host: String, inbox: Arc<dyn Inbox>, stop: watch::Receiver<bool>) {
    let mut ending = stop.clone();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut open = JoinSet::new();
    loop {
        let talk = Talk { host: host.clone(), inbox: Arc::clone(&inbox), stop: stop.clone() };
        let accepted = tokio::select! {
            _ = ending.wait_for(|stop| *stop) => break,
            accepted = accept(&listener) => accepted,
        };
        while open.try_join_next().is_some() {}
        let Ok((reader, mut writer)) = accepted else {
            // Out of file handles, most likely: trying at once would only burn time.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            let _ = writer.write_all(b"421 4.3.2 too many connections, come back later\r\n").await;
            continue;
        };
        open.spawn(async move {
            // Err: the other side went away, which is its right.
            let _ = talk.run(BufReader::new(reader), writer).await;
            drop(place);
        });
    }
    while open.join_next().await.is_some() {}
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;
type Writer = Box<dyn AsyncWrite + Send + Unpin>;

async fn accept(listener: &Listener) -> std::io::Result<(Reader, Writer)> {
    Ok(match listener {
        Listener::Tcp(tcp) => {
            let (reader, writer) = tcp.accept().await?.0.into_split();
            (Box::new(reader), Box::new(writer))
        }
        Listener::Unix(unix) => {
            let (reader, writer) = unix.accept().await?.0.into_split();
            (Box::new(reader), Box::new(writer))
        }
    })
}

/// One connection.
struct Talk {
    host: String,
    inbox: Arc<dyn Inbox>,
    stop: watch::Receiver<bool>,
}

impl Talk {
    async fn run<R, W>(mut self, mut reader: R, mut writer: W) -> std::io::Result<()>
    where
        R: AsyncBufRead + Send + Unpin,
        W: AsyncWrite + Send + Unpin,
    {
        let inbox = Arc::clone(&self.inbox);
        let takes = |address: &str| inbox.takes(address);
        let mut session = Session::new(&self.host, RAW_BYTES_MAX, &takes);
        writer.write_all(session.greeting().as_bytes()).await?;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = tokio::select! {
                _ = self.stop.wait_for(|stop| *stop) => None,
                read = tokio::time::timeout(SILENCE_MAX, read_line(&mut reader, &mut line, LINE_BYTES_MAX)) => Some(read),
            };
            let step = match read {
                None => Step::End("421 4.3.2 stopping\r\n".to_owned()),
                Some(Err(_)) => Step::End("421 4.4.2 silent for too long\r\n".to_owned()),
                Some(Ok(end)) => match end? {
                    End::Line => session.line(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n'])),
                    End::Cut => Step::End("500 5.5.6 the line is too long\r\n".to_owned()),
                    End::Gone => return Ok(()),
                },
            };
            match step {
                Step::Say(said) => writer.write_all(said.as_bytes()).await?,
                Step::End(said) => {
                    writer.write_all(said.as_bytes()).await?;
                    return writer.shutdown().await;
                }
                Step::Read(said) => {
                    writer.write_all(said.as_bytes()).await?;
                    let head = format!("Return-Path: <{}>\r\n", session.sender()).into_bytes();
                    let read = tokio::time::timeout(MAIL_TIME_MAX, read_mail(&mut reader, head)).await;
                    let Ok(mail) = read else { return Ok(()) };
                    let verdict = self.verdict(mail?).await;
                    writer.write_all(session.after_mail(verdict).as_bytes()).await?;
                }
            }
        }
    }

    async fn verdict(&self, mail: Option<Vec<u8>>) -> &'static str {
        let Some(raw) = mail else { return "552 5.3.4 too large" };
        match self.inbox.keep(raw).await {
            Ok(()) => "250 2.0.0 stored",
            Err(error) if error.is_transient() => "451 4.3.0 cannot be stored now, try again",
            Err(_) => "554 5.6.0 cannot be taken",
        }
    }
}

/// How a line ended.
enum End {
    Line,
    /// It is longer than allowed.
    Cut,
    /// The other side is gone.
    Gone,
}

/// Reads up to and with the next line feed, at most so many bytes.
async fn read_line<R>(reader: &mut R, out: &mut Vec<u8>, bytes_max: usize) -> std::io::Result<End>
where
    R: AsyncBufRead + Unpin,
{
    loop {
        let ready = reader.fill_buf().await?;
        if ready.is_empty() {
            return Ok(End::Gone);
        }
        let room = bytes_max.saturating_sub(out.len());
        let piece = ready.get(..room.min(ready.len())).unwrap_or_default();
        let end = piece.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(piece.len(), |at| at + 1);
        out.extend_from_slice(piece.get(..taken).unwrap_or_default());
        reader.consume(taken);
        if end.is_some() {
            return Ok(End::Line);
        }
        if out.len() >= bytes_max {
            return Ok(End::Cut);
        }
    }
}

/// Reads a mail up to the line with the dot alone, behind what `head` begins it with; none when it is too
/// large. Only CR LF ends a line: who lets a lone LF do so reads two mails where another server read one.
async fn read_mail<R>(reader: &mut R, head: Vec<u8>) -> std::io::Result<Option<Vec<u8>>>
where
    R: AsyncBufRead + Unpin,
{
    let mut mail = head;
    let mut piece = Vec::new();
    let mut begins_line = true;
    let mut fits = true;
    loop {
        piece.clear();
        if let End::Gone = read_line(reader, &mut piece, PIECE_BYTES).await? {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if begins_line && piece == b".\r\n" {
            return Ok(fits.then_some(mail));
        }
        let stuffed = begins_line && piece.starts_with(b".");
        begins_line = piece.ends_with(b"\r\n");
        fits = fits && mail.len() + piece.len() <= RAW_BYTES_MAX;
        if fits {
            mail.extend_from_slice(piece.get(usize::from(stuffed)..).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Shelf {
        kept: Mutex<Vec<Vec<u8>>>,
        fails: bool,
    }

    #[async_trait]
    impl Inbox for Shelf {
        fn takes(&self, address: &str) -> bool {
            address.ends_with("@shop.example")
        }

        async fn keep(&self, raw: Vec<u8>) -> Result<(), ChannelError> {
            if self.fails {
                return Err(ChannelError::transient("the disk is full"));
            }
            self.kept.lock().unwrap().push(raw);
            Ok(())
        }
    }

    /// Sends everything at once, as pipelining allows, and answers what came back.
    async fn said_to(inbox: &Arc<Shelf>, bytes: &[u8]) -> String {
        let (_stop, stopped) = watch::channel(false);
        let talk =
            Talk { host: "desk.example".into(), inbox: Arc::clone(inbox) as Arc<dyn Inbox>, stop: stopped };
        let mut out = Vec::new();
        let _ = talk.run(BufReader::new(bytes), &mut out).await;
        String::from_utf8(out).unwrap()
    }

    const HEAD: &str = "LHLO mx\r\nMAIL FROM:<ana@kunde.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\n";

    #[tokio::test]
    async fn a_mail_is_kept_byte_for_byte_before_it_is_acknowledged() {
        let inbox = Arc::new(Shelf::default());
        let bytes = format!("{HEAD}Subject: x\r\n\r\n..dot\r\nbare\n.\nstays\r\n.\r\nQUIT\r\n");
        let said = said_to(&inbox, bytes.as_bytes()).await;
        assert!(said.contains("\r\n354 ") && said.contains("\r\n250 2.0.0 stored\r\n221 "), "{said}");
        let kept = inbox.kept.lock().unwrap();
        let want = "Return-Path: <ana@kunde.example>\r\nSubject: x\r\n\r\n.dot\r\nbare\n.\nstays\r\n";
        assert_eq!(kept.as_slice(), [want.as_bytes()]);
    }

    #[tokio::test]
    async fn h40_a_line_feed_alone_ends_no_mail() {
        let inbox = Arc::new(Shelf::default());
        let smuggled = format!("{HEAD}a\n.\nMAIL FROM:<x@y.example>\r\n\r.\r\nb\r\n.\n\r\n.\r\n");
        let said = said_to(&inbox, smuggled.as_bytes()).await;
        assert_eq!(said.matches("stored").count(), 1, "{said}");
        assert_eq!(inbox.kept.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_stored_is_to_be_offered_again() {
        let inbox = Arc::new(Shelf { fails: true, ..Shelf::default() });
        let said = said_to(&inbox, format!("{HEAD}a\r\n.\r\n").as_bytes()).await;
        assert!(said.ends_with("451 4.3.0 cannot be stored now, try again\r\n"), "{said}");
    }

    #[tokio::test]
    async fn a_mail_cut_off_in_the_middle_is_not_kept() {
        let inbox = Arc::new(Shelf::default());
        said_to(&inbox, format!("{HEAD}a\r\nb").as_bytes()).await;
        assert!(inbox.kept.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_mail_that_is_too_large_is_read_to_its_end_and_refused() {
        let inbox = Arc::new(Shelf::default());
        let mut bytes = HEAD.as_bytes().to_vec();
        bytes.resize(bytes.len() + RAW_BYTES_MAX, b'a');
        bytes.extend_from_slice(b"\r\n.\r\nNOOP\r\n");
        let said = said_to(&inbox, &bytes).await;
        assert!(said.ends_with("552 5.3.4 too large\r\n250 2.0.0 nothing done\r\n"), "{said}");
        assert!(inbox.kept.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_endless_command_ends_the_talk() {
        let inbox = Arc::new(Shelf::default());
        let said = said_to(&inbox, &vec![b'a'; 10 * LINE_BYTES_MAX]).await;
        assert!(said.ends_with("500 5.5.6 the line is too long\r\n"), "{said}");
    }
}
