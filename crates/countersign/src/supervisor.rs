//! Tells the service manager that started us how far we are: systemd's notification protocol (`sd_notify(3)`),
//! which is a line of text in a datagram to a socket that it names.

use std::{
    env, io,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixDatagram},
        },
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// People are served from now on.
    Ready,
    /// Nobody new is, and what runs is finished.
    Stopping,
}

/// Says nothing where nobody asked to be told.
pub fn tell(state: State) {
    if let Err(cause) = send(state) {
        tracing::warn!(%cause, "the service manager could not be told");
    }
}

fn send(state: State) -> io::Result<()> {
    let Some(socket) = env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let name = socket.as_bytes();
    // A name that begins with @ stands for one outside of the file system, whose first byte is zero.
    let address = match name.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(&socket)?,
    };
    let line: &[u8] = match state {
        State::Ready => b"READY=1",
        State::Stopping => b"STOPPING=1",
    };
    UnixDatagram::unbound()?.send_to_addr(line, &address).map(drop)
}
