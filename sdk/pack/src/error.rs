//! Why a plugin could not be built. Each sentence ends with what to do.

use std::path::Path;

/// Why a plugin could not be built.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file could not be read.
    #[error(
        "{path} cannot be read ({why}); name a plugin's folder: plugin.toml beside Cargo.toml, package.json or pyproject.toml"
    )]
    Read {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
    /// A file could not be written.
    #[error("{path} cannot be written ({why}); make room or choose another target folder")]
    Write {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
    /// The manifest is wrong.
    #[error("{sentence}")]
    Manifest {
        /// What to fix.
        sentence: String,
    },
    /// No compiler for the target.
    #[error("{sentence}")]
    Toolchain {
        /// What to install.
        sentence: String,
    },
    /// The language's own tool said no.
    #[error("{tool} could not build the plugin; fix what it says:\n{output}")]
    Builder {
        /// Which tool.
        tool: &'static str,
        /// The last lines of its output.
        output: String,
    },
    /// What was built is no component or no plugin.
    #[error("{sentence}")]
    Component {
        /// What is wrong and what to do.
        sentence: String,
    },
}

impl PackError {
    pub(crate) fn read(path: &Path, why: &std::io::Error) -> Self {
        Self::Read { path: path.display().to_string(), why: why.to_string() }
    }

    pub(crate) fn write(path: &Path, why: &std::io::Error) -> Self {
        Self::Write { path: path.display().to_string(), why: why.to_string() }
    }

    pub(crate) fn component(sentence: impl Into<String>) -> Self {
        Self::Component { sentence: sentence.into() }
    }
}
