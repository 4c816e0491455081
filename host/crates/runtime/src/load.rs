//! From bytes to something that can be run: inspect, compile (or find compiled), link, find the hooks.
//! All of it once per plugin version and off the ticket path.

use std::path::PathBuf;
use std::sync::Arc;

use domain::plugin::Limits;
use sha2::{Digest as _, Sha256};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::cache::{self, Cache};
use crate::compile::{self, Workshop};
use crate::engine::{self, RuntimeError, RuntimeOptions};
use crate::inspect::{Inspection, Refused, inspect_for};
use crate::limits::{MEMORIES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX};
use crate::state::State;
use crate::tame::tame;
use crate::track::{self, Callable, Track, Tracks};

/// Bytes of one page of linear memory.
const WASM_PAGE_BYTES: u64 = 65_536;

/// Loads plugins. Cheap to clone: all clones share one engine, one pool and one cache.
#[derive(Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    pooling: bool,
    tracks: Tracks,
    linker: Linker<State>,
    cache: Option<Cache>,
    workshop: Workshop,
    places: Arc<Semaphore>,
    concurrency: usize,
}

/// A plugin version that can be run, from any number of tasks at once.
pub struct Plugin {
    pub(crate) inspection: Inspection,
    pub(crate) pre: InstancePre<State>,
    pub(crate) hooks: Box<dyn Callable>,
    house: Arc<Semaphore>,
    own: Semaphore,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plugin({} {})", self.inspection.manifest.id, self.inspection.manifest.version)
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runtime(pooling: {}, concurrency: {})", self.shared.pooling, self.shared.concurrency)
    }
}

impl Runtime {
    /// Sets the sandbox up.
    ///
    /// # Errors
    /// When the machine cannot run the engine or the cache folder cannot be used.
    pub fn new(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        Self::serving(track::SERVED, options)
    }

    /// The same for these tracks of the contract.
    pub(crate) fn serving(tracks: Tracks, options: RuntimeOptions) -> Result<Self, RuntimeError> {
        let engine::Built { engine, pooling } = engine::build(&options)?;
        let mut linker = Linker::new(&engine);
        for track in tracks {
            track
                .link(&mut linker)
                .map_err(|error| RuntimeError::Engine(format!("contract {}: {error:#}", track.name())))?;
        }
        let open = |dir: &PathBuf| {
            Cache::open(dir, options.cache_key, options.cache_bytes_max)
                .map_err(|source| RuntimeError::Cache { path: dir.clone(), source })
        };
        let cache = options.cache_dir.as_ref().map(open).transpose()?;
        let ceiling = if pooling { options.slots as usize } else { usize::MAX >> 4 };
        let concurrency = options.concurrency.clamp(1, ceiling.max(1));
        let workshop = Workshop::new(options.compiler);
        let places = Arc::new(Semaphore::new(concurrency));
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                pooling,
                tracks,
                linker,
                cache,
                workshop,
                places,
                concurrency,
            }),
        })
    }

    /// Whether calls take their place from a pool; `false` when there was no room for one.
    #[must_use]
    pub fn pooling(&self) -> bool {
        self.shared.pooling
    }

    /// Makes a component ready to run.
    ///
    /// # Errors
    /// A sentence that says what the author or the admin has to do.
    pub async fn load(&self, bytes: &[u8]) -> Result<Arc<Plugin>, Refused> {
        let shared = &self.shared;
        let owned = bytes.to_vec();
        // Reading a large component blocks for a while, so not here.
        let tracks = shared.tracks;
        let looking = tokio::task::spawn_blocking(move || {
            let (inspection, track) = inspect_for(tracks, &owned)?;
            Ok((inspection, track, Code::of(&owned)?))
        });
        let (inspection, track, code) = looking.await.map_err(|error| broken(&error.to_string()))??;
        let component = self.component(code).await?;
        fits(&component, &inspection.manifest.limits)?;
        let pre = shared.linker.instantiate_pre(&component).map_err(|error| unlinkable(track, &error))?;
        let hooks = track.find(&pre, &inspection.hooks).map_err(|error| unlinkable(track, &error))?;
        // Half the places at most, so that one slow plugin cannot keep all others out.
        let own = Semaphore::new(shared.concurrency.div_ceil(2));
        Ok(Arc::new(Plugin { inspection, pre, hooks, house: Arc::clone(&shared.places), own }))
    }

    /// Compiles a component for this machine: what the compiling child process does.
    ///
    /// # Errors
    /// When the bytes are no component or the engine cannot be set up.
    pub fn compile(bytes: &[u8]) -> Result<Vec<u8>, RuntimeError> {
        let built = engine::build(&RuntimeOptions { pooling: false, ..RuntimeOptions::default() })?;
        compile::here(&built.engine, bytes)
    }

    async fn component(&self, code: Code) -> Result<Component, Refused> {
        let name = cache::name(&code.digest, &self.shared.engine);
        if let Some(component) = self.kept(name.clone()).await {
            return Ok(component);
        }
        let compiled = self.shared.workshop.compile(&self.shared.engine, &code.bytes).await;
        let code = compiled.map_err(|error| {
            Refused::new("compile_failed", format!("The plugin cannot be loaded: {error}."))
        })?;
        let shared = Arc::clone(&self.shared);
        let loading = tokio::task::spawn_blocking(move || {
            let component = cache::load(&shared.engine, &code)?;
            if let Some(Err(error)) = shared.cache.as_ref().map(|cache| cache.keep(&name, &code)) {
                tracing::warn!(file = name, %error, "a compiled plugin could not be kept; it is compiled again at the next start");
            }
            Ok::<_, wasmtime::Error>(component)
        });
        match loading.await {
            Ok(Ok(component)) => Ok(component),
            Ok(Err(error)) => Err(broken(&format!("{error:#}"))),
            Err(error) => Err(broken(&error.to_string())),
        }
    }

    /// The component from the cache, if it is there and good. Reading and checking block, so not here.
    async fn kept(&self, name: String) -> Option<Component> {
        self.shared.cache.as_ref()?;
        let shared = Arc::clone(&self.shared);
        let reading = tokio::task::spawn_blocking(move || {
            let cache = shared.cache.as_ref()?;
            let code = cache.find(&name)?;
            cache::load(&shared.engine, &code).ok().or_else(|| cache.forget(&name, "the engine refuses it"))
        });
        reading.await.ok().flatten()
    }
}

/// What is compiled: a new manifest or signature around the same code costs no compilation.
struct Code {
    bytes: Vec<u8>,
    digest: String,
}

impl Code {
    fn of(component: &[u8]) -> Result<Self, Refused> {
        let bytes = pack::code_of(component).map_err(|error| broken(&error.to_string()))?;
        let digest = hex::encode(Sha256::digest(&bytes));
        Ok(Self { bytes, digest })
    }
}

impl Plugin {
    /// What inspection found out.
    #[must_use]
    pub const fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// Waits for a place: first among this plugin's own, then among all of the house.
    pub(crate) async fn places(&self) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), AcquireError> {
        let own = self.own.acquire().await?;
        Ok((own, self.house.acquire().await?))
    }
}

/// Refuses at install what could only fail at the first ticket.
fn fits(component: &Component, limits: &Limits) -> Result<(), Refused> {
    let too_big = |sentence: String| Err(Refused::new("too_big", sentence));
    let Some(needs) = component.resources_required() else {
        return too_big(
            "The component embeds components that are chosen at run time; build it as one fixed component."
                .to_owned(),
        );
    };
    let (memories, tables) = (needs.num_memories, needs.num_tables);
    if memories as usize > MEMORIES_MAX || tables as usize > TABLES_MAX {
        return too_big(format!(
            "The component has {memories} memories and {tables} tables; {MEMORIES_MAX} and {TABLES_MAX} are allowed."
        ));
    }
    let memory_bytes = needs.max_initial_memory_size.unwrap_or(0).saturating_mul(WASM_PAGE_BYTES);
    if memory_bytes > limits.memory_bytes_max {
        return too_big(format!(
            "The component starts with {memory_bytes} bytes of memory, its manifest allows {}: set limits.memory_bytes_max in plugin.toml.",
            limits.memory_bytes_max
        ));
    }
    let elements = needs.max_initial_table_size.unwrap_or(0);
    if elements > TABLE_ELEMENTS_MAX as u64 {
        return too_big(format!(
            "The component has a table of {elements} elements; {TABLE_ELEMENTS_MAX} are allowed."
        ));
    }
    Ok(())
}

fn unlinkable(track: &dyn Track, error: &wasmtime::Error) -> Refused {
    let track = track.name();
    let detail = tame(format!("{error:#}"), 400);
    Refused::new(
        "contract_mismatch",
        format!(
            "The component and this host's contract {track} do not fit together ({detail}): rebuild the plugin with the SDK of this host, or update Kulanz."
        ),
    )
}

fn broken(detail: &str) -> Refused {
    Refused::new(
        "broken_component",
        format!("The component cannot be loaded: {}.", tame(detail.to_owned(), 400)),
    )
}
