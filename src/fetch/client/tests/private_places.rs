//! A public source is never led to a private place, however its address is spelled.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::*;

/// Hosts that are addresses in disguise.
const ADDRESSES: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "0x7f000001",
    "0x0000007f.0.0.1",
    "0177.0.0.1",
    "0177.1",
    "017700000001",
    "127.00.0.01",
    "127.0.0.1.",
    "127.1.",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "127\u{ad}.0.0.1",
    "0.0.0.0",
    "0",
    "0x0",
    "00000000",
    "0.0.0.0.",
    "10.0.0.1",
    "012.1",
    "167772161",
    "100.64.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "172.16.0.1",
    "0xac100001",
    "192.168.0.1",
    "0300.0250.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "4294967295",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:a9fe:a9fe]",
    "[0:0:0:0:0:ffff:0a00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::127.0.0.1]",
    "[2001:0:7f00:1::]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[fd00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
];

/// Hosts that are names for private addresses.
const NAMES: &[&str] = &[
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localho%73t",
    "ｌｏｃａｌｈｏｓｔ",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "loca\u{ad}lhost",
    "a.localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "127.0.0.1.nip.example",
    "metadata.google.internal",
    "xn--e1afmkfd.example",
];

/// Addresses that two parsers may read differently; `P` is the port.
const TRICKS: &[&str] = &[
    "http://public.example@127.0.0.1:P/",
    "http://public.example:80@127.0.0.1:P/",
    "http://public.example%2f@127.0.0.1:P/",
    "http://public.example%00@127.0.0.1:P/",
    "http://public.example @127.0.0.1:P/",
    "http://@127.0.0.1:P/",
    "http://:@127.0.0.1:P/",
    "http://a@b@127.0.0.1:P/",
    "http://127.0.0.1:P\\@public.example/",
    "http://127.0.0.1:P\\.public.example/",
    "http://127.0.0.1:P#@public.example/",
    "http://127.0.0.1:P?@public.example/",
    "http://127.0.0.1:P;@public.example/",
    "http://public.example#@127.0.0.1:P/",
    "http://public.example?@127.0.0.1:P/",
    "http://public.example\\@127.0.0.1:P/",
    "http:\\\\127.0.0.1:P\\",
    "http:/\\127.0.0.1:P/",
    "http:\\/127.0.0.1:P/",
    "http:/\\/127.0.0.1:P/",
    "http:///127.0.0.1:P/",
    "http:////127.0.0.1:P/",
    "HTTP://127.0.0.1:P/",
    "hTtP://127.1:P/",
    "ht\ttp://127.0.0.1:P/",
    "http://127.0.\t0.1:P/",
    "http://127.0.0.1\t:P/",
    "http://127.0.0.1:P\t/",
    "\thttp://127.0.0.1:P/",
    "http://127.0.0.1 :P/",
    "http://127.0.0.1:0P/",
    "http://[::1%25lo]:P/",
    "http://[fe80::1%25eth0]:P/",
    "http://[::1]:P@public.example/",
    "http://[::1].public.example:P/",
    "http://[::1:P/",
    "http://::1:P/",
];

fn spellings(port: u16) -> Vec<String> {
    let hosts = ADDRESSES.iter().chain(NAMES).map(|host| format!("http://{host}:{port}/"));
    hosts.chain(TRICKS.iter().map(|trick| trick.replace('P', &port.to_string()))).collect()
}

/// Listens on both loopback addresses, and counts who comes.
struct Trap {
    port: u16,
    hosts: Vec<&'static str>,
    caught: Arc<AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let v4 = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = v4.local_addr().unwrap().port();
        // A machine without IPv6 has nothing to protect there.
        let v6 = TcpListener::bind(("::1", port)).await.ok();
        let caught = Arc::new(AtomicUsize::new(0));
        let mut hosts = Vec::new();
        for (host, listener) in [("127.0.0.1", Some(v4)), ("::1", v6)] {
            let Some(listener) = listener else { continue };
            hosts.push(host);
            let caught = Arc::clone(&caught);
            tokio::spawn(async move {
                while listener.accept().await.is_ok() {
                    caught.fetch_add(1, SeqCst);
                }
            });
        }
        Self { port, hosts, caught }
    }

    /// Visitors are counted in the order they came: when these are, all have been.
    async fn assert_nobody_came(&self) {
        for host in &self.hosts {
            drop(TcpStream::connect((*host, self.port)).await.unwrap());
        }
        while self.caught.load(SeqCst) < self.hosts.len() {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.caught.load(SeqCst), self.hosts.len());
    }
}

/// A client whose names are resolved by `resolver`, guarded as those of the system are; `feeds.example`, the
/// public server, is on loopback, as only a test can have it.
fn client(resolver: impl Resolve + 'static, server: &Server) -> Client {
    let mut client = Client::new(&options()).unwrap();
    let builder = unguarded(&options()).dns_resolver(PublicOnly(resolver));
    let builder = builder.resolve("feeds.example", ([127, 0, 0, 1], server.port).into());
    client.guarded = Schemes::new(builder).unwrap();
    client
}

async fn fetch_with(client: &Client, url: &str) -> Result<Fetched, FetchError> {
    let request = Request { url: url.to_owned(), ..Request::default() };
    client.fetch(&request, now()).await
}

#[track_caller]
fn assert_refused(got: Result<Fetched, FetchError>, what: &str) {
    assert!(matches!(got, Err(FetchError::Refused(_))), "{what}: {got:?}");
}

/// Every name is this machine.
struct Here;

impl Resolve for Here {
    fn resolve(&self, _: Name) -> Resolving {
        let here = ["127.0.0.1", "::1"].map(|address| SocketAddr::new(address.parse().unwrap(), 0));
        Box::pin(async move { Ok(Box::new(here.into_iter()) as Addrs) })
    }
}

#[tokio::test]
async fn in_no_spelling_directly_or_by_a_redirect() {
    let trap = Trap::set().await;
    let spellings = spellings(trap.port);
    assert!(spellings.len() >= 60);
    let targets = spellings.clone();
    let server = Server::new(move |path| {
        let number: usize = path.trim_matches('/').parse().unwrap();
        redirect_to("302", &targets[number])
    })
    .await;
    let client = client(Here, &server);
    for (number, url) in spellings.iter().enumerate() {
        assert_refused(fetch_with(&client, url).await, url);
        let redirected = format!("http://feeds.example:{}/{number}", server.port);
        assert_refused(fetch_with(&client, &redirected).await, &format!("redirect to {url}"));
    }
    assert_eq!(server.heard().len(), spellings.len(), "each redirect was really met");
    trap.assert_nobody_came().await;
}

/// Answers a name first with a public address, then with the private one that its first label stands for.
#[derive(Clone)]
struct Changing {
    private: Arc<Vec<IpAddr>>,
    asked: Arc<Mutex<HashMap<String, usize>>>,
}

impl Resolve for Changing {
    fn resolve(&self, name: Name) -> Resolving {
        let number: usize = name.as_str().split('.').next().unwrap().parse().unwrap();
        let mut asked = self.asked.lock().unwrap();
        let times = asked.entry(name.as_str().to_owned()).or_default();
        *times += 1;
        let address = if *times == 1 { "93.184.215.14".parse().unwrap() } else { self.private[number] };
        let found = [SocketAddr::new(address, 0)];
        Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
    }
}

#[tokio::test]
async fn nor_by_a_name_that_changes_its_address_after_it_was_looked_at() {
    let trap = Trap::set().await;
    let meant = |host: &&str| literal(&Url::parse(&format!("http://{host}/")).unwrap()).unwrap();
    let private: Vec<IpAddr> = ADDRESSES.iter().map(meant).collect();
    assert!(private.len() >= 60);
    let names = Changing { private: Arc::new(private), asked: Arc::default() };
    let port = trap.port;
    let server = Server::new(move |path| redirect_to("307", &format!("http:/{path}:{port}/"))).await;
    let client = client(names.clone(), &server);
    for (number, address) in ADDRESSES.iter().enumerate() {
        for (zone, url) in [
            ("direct", format!("http://{number}.direct.example:{port}/")),
            ("redirect", format!("http://feeds.example:{}/{number}.redirect.example", server.port)),
        ] {
            let name = format!("{number}.{zone}.example");
            // What a check ahead of the request would see.
            let seen = PublicOnly(names.clone()).resolve(name.parse().unwrap()).await;
            assert!(seen.is_ok(), "{name}");
            assert_refused(fetch_with(&client, &url).await, &format!("{name} as {address}"));
            assert_eq!(names.asked.lock().unwrap()[&name], 2, "{name} was judged when it was connected to");
        }
    }
    trap.assert_nobody_came().await;
}
