//! What requests do, told to an OpenTelemetry collector: by the feature `otel`, and where `otel_endpoint` names one.
//!
//! ```text
//!   web: a span for each request ─▶ tracing ─┬─▶ log
//!                                            └─▶ Traces ─ in batches, over HTTP ─▶ collector
//! ```
//!
//! A span holds what the log holds: the route and never the address as typed, the status, and an id.

use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::{Layer, registry::LookupSpan};
use url::Url;

#[derive(Debug, Error)]
#[error("no traces can be sent to otel_endpoint: {0}")]
pub struct TracesError(String);

#[cfg(feature = "otel")]
pub use exported::Traces;
#[cfg(not(feature = "otel"))]
pub use silent::Traces;

#[cfg(feature = "otel")]
mod exported {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
    use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
    use tracing::level_filters::LevelFilter;

    use super::{Layer, LookupSpan, Subscriber, TracesError, Url};

    /// What collects spans and sends them, on a thread of its own.
    pub struct Traces(SdkTracerProvider);

    impl Traces {
        /// Must not be called inside the runtime: its HTTP client has one of its own.
        pub fn start(endpoint: &Url) -> Result<Self, TracesError> {
            let failed = |cause: &dyn std::fmt::Display| TracesError(cause.to_string());
            let endpoint = endpoint.join("v1/traces").map_err(|cause| failed(&cause))?;
            let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
            let exporter = exporter.with_endpoint(endpoint).build().map_err(|cause| failed(&cause))?;
            let resource = Resource::builder().with_service_name("countersign").build();
            let provider =
                SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
            Ok(Self(provider))
        }

        /// Hears of spans whatever the log leaves out, but for what is for finding mistakes.
        pub(crate) fn layer<S>(&self) -> impl Layer<S>
        where
            S: Subscriber + for<'span> LookupSpan<'span>,
        {
            let tracer = self.0.tracer("countersign");
            tracing_opentelemetry::layer().with_tracer(tracer).with_filter(LevelFilter::INFO)
        }

        /// Sends what is left.
        pub fn stop(self) {
            if let Err(cause) = self.0.shutdown() {
                tracing::warn!(%cause, "the last traces were not sent");
            }
        }
    }
}

#[cfg(not(feature = "otel"))]
mod silent {
    use super::{Layer, LookupSpan, Subscriber, TracesError, Url};

    /// There is none in this program.
    pub struct Traces;

    impl Traces {
        pub fn start(_endpoint: &Url) -> Result<Self, TracesError> {
            Err(TracesError("this program was built without the feature otel".to_owned()))
        }

        #[expect(clippy::unused_self, reason = "the same shape as the one that sends")]
        pub(crate) fn layer<S>(&self) -> impl Layer<S>
        where
            S: Subscriber + for<'span> LookupSpan<'span>,
        {
            tracing_subscriber::layer::Identity::new()
        }

        pub fn stop(self) {}
    }
}
