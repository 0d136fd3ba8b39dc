//! Files for browsers: read once, named by their content, compressed when first asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::error::{ServerError, ServerErrorKind};

/// Files of a folder, at most. Origin: the SDK has some dozens, with a language each.
const MAX_FILES: usize = 2000;
/// Bytes of a folder, at most. Origin: the SDK has some megabytes, with its weights.
const MAX_BYTES: u64 = 128 << 20;
/// Folders within folders, at most.
const MAX_DEPTH: usize = 8;
/// Digits of a hash that name a file's content or a build. Origin: 64 bits; nobody is to be kept from finding a second.
const HASH_DIGITS: usize = 16;
/// Digits of a hash in a query that name a file's content, at least. Origin: the SDK sends twelve.
const MIN_VERSION_DIGITS: usize = 12;
/// Content that its address names may be kept for a year, the longest that caches are asked to believe.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Content that may be kept, if the service is asked each time whether it is still so.
const ASK_EACH_TIME: &str = "no-cache";

/// Files that browsers load, held in memory.
pub struct WebAssets {
    /// By path in lower case, as requests have it.
    files: BTreeMap<String, Arc<WebFile>>,
    build: String,
}

struct WebFile {
    content: Bytes,
    kind: &'static str,
    hash: String,
    /// Made when first asked for; `None` where it would not be shorter.
    gzip: OnceLock<Option<Bytes>>,
}

impl WebAssets {
    /// Every file of a folder and of those within it. Links are not followed.
    pub fn in_folder(folder: &Path) -> Result<Self, ServerError> {
        let mut walk = Walk { root: folder, files: Vec::new(), bytes: 0 };
        walk.folder(folder, 0)?;
        if walk.files.is_empty() {
            return Err(unusable(folder, "it holds no files"));
        }
        Ok(Self::in_memory(walk.files))
    }

    /// Files by their paths, with slashes: embedded in the binary, or read before.
    pub fn in_memory(files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Self {
        let files = files.into_iter().map(|(path, content)| {
            let content = match content {
                Cow::Borrowed(content) => Bytes::from_static(content),
                Cow::Owned(content) => Bytes::from(content),
            };
            let (kind, hash) = (kind_of(&path), hash_of(&content));
            (path.to_ascii_lowercase(), Arc::new(WebFile { content, kind, hash, gzip: OnceLock::new() }))
        });
        let files: BTreeMap<String, Arc<WebFile>> = files.collect();
        let mut build = Sha256::new();
        for (path, file) in &files {
            build.update(format!("{path}\0{}\0", file.hash));
        }
        let build = hex(&build.finalize());
        Self { files, build }
    }

    /// What stands before a path so that the address names this build, and its content may be kept for ever.
    pub(crate) fn prefix(&self) -> String {
        format!("@{}/", self.build)
    }

    /// The answer to a request for a path below the base; `None` if there is no such file.
    ///
    /// A query may name the file's content: `v=` and the first digits of its SHA-256.
    pub(crate) async fn answer(
        &self,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Option<Response> {
        let (build, path) = match path.strip_prefix('@').and_then(|path| path.split_once('/')) {
            Some((build, path)) => (Some(build), path),
            None => (None, path),
        };
        let file = self.files.get(&path.to_ascii_lowercase())?;
        // Another node may have a newer build: its pages get what there is, and do not keep it.
        let version =
            query.and_then(|query| query.strip_prefix("v=")).filter(|v| v.len() >= MIN_VERSION_DIGITS);
        let is_named = version.is_some_and(|version| file.hash.starts_with(version));
        let keep = if build == Some(&self.build) || is_named { FOR_EVER } else { ASK_EACH_TIME };
        Some(file.answer(keep, headers).await)
    }
}

impl fmt::Debug for WebAssets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebAssets").field("files", &self.files.len()).field("build", &self.build).finish()
    }
}

impl WebFile {
    async fn answer(self: &Arc<Self>, keep: &'static str, headers: &HeaderMap) -> Response {
        let asked = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_known = asked(header::IF_NONE_MATCH).contains(self.hash.as_str());
        let gzip = match takes_gzip(asked(header::ACCEPT_ENCODING)) && !is_known {
            true => self.gzip().await,
            false => None,
        };
        let is_gzip = gzip.is_some();
        let body = if is_known { Bytes::new() } else { gzip.unwrap_or_else(|| self.content.clone()) };
        let mut response = Response::new(Body::from(body));
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if is_gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        // Weak: the compressed bytes have the same name.
        if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{}\"", self.hash)) {
            headers.insert(header::ETAG, tag);
        }
        response
    }

    async fn gzip(self: &Arc<Self>) -> Option<Bytes> {
        if let Some(made) = self.gzip.get() {
            return made.clone();
        }
        let file = Arc::clone(self);
        // Some megabytes take a tenth of a second.
        let made = tokio::task::spawn_blocking(move || file.gzip.get_or_init(|| gzip(&file.content)).clone());
        made.await.ok().flatten()
    }
}

fn gzip(content: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(content).ok()?;
    let made = encoder.finish().ok()?;
    (made.len() < content.len()).then(|| Bytes::from(made))
}

/// Whether a list of encodings has gzip, and does not say that it must not be.
fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|encoding| {
        let mut parts = encoding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts.any(|weight| {
            weight
                .strip_prefix("q=")
                .is_some_and(|weight| weight.parse().is_ok_and(|weight: f32| weight <= 0.0))
        });
        is_gzip && !refused
    })
}

fn hash_of(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().take(HASH_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// Browsers run modules and WebAssembly only of the right type.
fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" | "md" | "ts" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn unusable(path: &Path, problem: impl fmt::Display) -> ServerError {
    let context = format!("the SDK for the web in {} cannot be used: {problem}", path.display());
    ServerError::new(ServerErrorKind::WebSdkUnusable, context)
}

/// Reads a folder, within bounds.
struct Walk<'w> {
    root: &'w Path,
    files: Vec<(String, Cow<'static, [u8]>)>,
    bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), ServerError> {
        let entries = std::fs::read_dir(folder).map_err(|error| unusable(folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unusable(folder, error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| unusable(&path, error))?;
            if kind.is_dir() && depth < MAX_DEPTH {
                self.folder(&path, depth + 1)?;
            } else if kind.is_file() {
                self.file(path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf) -> Result<(), ServerError> {
        let left = MAX_BYTES - self.bytes;
        let mut content = Vec::new();
        std::fs::File::open(&path)
            .and_then(|file| file.take(left + 1).read_to_end(&mut content))
            .map_err(|error| unusable(&path, error))?;
        if content.len() as u64 > left || self.files.len() == MAX_FILES {
            let problem = format!("it holds more than {MAX_FILES} files or {} MiB", MAX_BYTES >> 20);
            return Err(unusable(self.root, problem));
        }
        self.bytes += content.len() as u64;
        let below = path.strip_prefix(self.root).unwrap_or(&path);
        let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
        let name = parts.ok_or_else(|| unusable(&path, "its name is no text"))?.join("/");
        self.files.push((name, Cow::Owned(content)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn assets() -> WebAssets {
        let script = "export const a = 1;\n".repeat(100);
        let files = [
            ("element.js", script),
            ("assets/core.wasm", "wasm".to_owned()),
            ("i18n/pt-BR.json", "{}".to_owned()),
        ];
        WebAssets::in_memory(files.map(|(path, text)| (path.to_owned(), Cow::Owned(text.into_bytes()))))
    }

    async fn answer(assets: &WebAssets, path: &str, headers: &[(&'static str, &str)]) -> Option<Response> {
        let headers = headers.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        });
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        assets.answer(path, query, &headers.collect()).await
    }

    #[tokio::test]
    async fn each_file_has_the_type_that_browsers_ask_for() {
        let assets = assets();
        for (path, kind) in [
            ("element.js", "text/javascript; charset=utf-8"),
            ("assets/core.wasm", "application/wasm"),
            // Requests come in lower case.
            ("i18n/pt-br.json", "application/json; charset=utf-8"),
        ] {
            let answer = answer(&assets, path, &[]).await.unwrap();
            assert_eq!(answer.headers()["content-type"], kind, "{path}");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        }
        for path in ["", "elements.js", "../element.js", "assets", "assets/", "@", "@x", "@x/"] {
            assert!(answer(&assets, path, &[]).await.is_none(), "{path}");
        }
    }

    #[tokio::test]
    async fn only_an_address_that_names_the_build_is_kept_for_ever() {
        let assets = assets();
        let named = format!("{}element.js", assets.prefix());
        let of_another = "@0123456789abcdef/element.js";
        for (path, expected) in
            [(named.as_str(), FOR_EVER), ("element.js", ASK_EACH_TIME), (of_another, ASK_EACH_TIME)]
        {
            let answer = answer(&assets, path, &[]).await.unwrap();
            assert_eq!(answer.headers()["cache-control"], expected, "{path}");
        }
        let version = format!("element.js?v={}", &assets.files["element.js"].hash[..12]);
        for (path, expected) in [
            (version.as_str(), FOR_EVER),
            ("element.js?v=", ASK_EACH_TIME),
            ("element.js?v=000000000000", ASK_EACH_TIME),
        ] {
            let answer = answer(&assets, path, &[]).await.unwrap();
            assert_eq!(answer.headers()["cache-control"], expected, "{path}");
        }
        let other = WebAssets::in_memory([("element.js".to_owned(), Cow::Borrowed(&b"1"[..]))]);
        assert_ne!(other.prefix(), assets.prefix());
    }

    #[tokio::test]
    async fn what_a_browser_has_is_not_sent_again_and_text_is_sent_compressed() {
        let assets = assets();
        let plain = answer(&assets, "element.js", &[]).await.unwrap();
        let tag = plain.headers()["etag"].to_str().unwrap().to_owned();
        let again = answer(&assets, "element.js", &[("if-none-match", &tag)]).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let packed = answer(&assets, "element.js", &[("accept-encoding", "br, gzip;q=0.5")]).await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        assert!(to_bytes(packed.into_body(), 1 << 20).await.unwrap().len() < 200);
        let refused = answer(&assets, "element.js", &[("accept-encoding", "gzip;q=0")]).await.unwrap();
        assert!(refused.headers().get("content-encoding").is_none());
        // Four letters do not get shorter.
        let short = answer(&assets, "assets/core.wasm", &[("accept-encoding", "gzip")]).await.unwrap();
        assert!(short.headers().get("content-encoding").is_none());
    }

    #[test]
    fn a_folder_is_read_with_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(WebAssets::in_folder(folder.path()).unwrap_err().kind(), ServerErrorKind::WebSdkUnusable);
        let missing = WebAssets::in_folder(&folder.path().join("missing")).unwrap_err();
        assert!(missing.to_string().contains("missing"), "{missing}");
        std::fs::create_dir(folder.path().join("chunks")).unwrap();
        std::fs::write(folder.path().join("chunks/A-b.js"), "1").unwrap();
        let assets = WebAssets::in_folder(folder.path()).unwrap();
        assert!(assets.files.contains_key("chunks/a-b.js"), "{assets:?}");
    }
}
