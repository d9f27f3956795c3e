//! The parts of the program, put together.

use std::sync::Arc;

use app::context::{ChainStatus, SiteSettings};
use app::form_results::FormResults;
use explorer::Explorer;
use identity::{Identity, RequestContext};
use leptos::prelude::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use sea_orm::DatabaseConnection;
use spawner::Spawner;
use spawner::service::StartAtSignIn;
use tokio::sync::watch;
use types::notebook::ServerView;
use types::{ApiError, ErrorCode, ServerId};

use crate::api::failure::Failure;
use crate::api::openapi::ApiDocument;
use crate::config::Settings;
use crate::door::ticket::Tickets;
use crate::node::ChainPart;

/// What handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub settings: Arc<Settings>,
    pub database: DatabaseConnection,
    pub identity: Identity,
    pub spawner: Spawner,
    pub chain: ChainPart,
    /// The index of the chain, where there is a chain.
    pub explorer: Option<Explorer>,
    /// What pages ask of the chain beyond its index.
    pub machinery: Option<Arc<dyn ChainStatus>>,
    pub tickets: Tickets,
    pub metrics: PrometheusHandle,
    pub site: Arc<SiteSettings>,
    /// How programs talk to this site.
    pub document: ApiDocument,
    pub form_results: FormResults,
    pub leptos: LeptosOptions,
    /// Turns true when the program is asked to end.
    pub shutdown: watch::Receiver<bool>,
}

impl axum::extract::FromRef<Services> for LeptosOptions {
    fn from_ref(services: &Services) -> Self {
        services.leptos.clone()
    }
}

impl Services {
    /// What pages and server functions work with.
    #[must_use]
    pub fn pages(&self) -> app::context::Services {
        let start_at_sign_in = if self.settings.sign_in.start_server {
            StartAtSignIn::Yes
        } else {
            StartAtSignIn::No
        };
        app::context::Services {
            identity: self.identity.clone(),
            spawner: self.spawner.clone(),
            site: self.site.clone(),
            start_at_sign_in,
            form_results: self.form_results.clone(),
            explorer: self.explorer.clone(),
            chain: self.machinery.clone(),
            reference: self.document.reference(),
        }
    }

    /// Origin of the server with this label.
    #[must_use]
    pub fn server_origin(&self, host_label: &str) -> String {
        self.settings.server_origin.replace("{label}", host_label)
    }

    /// A server that the sender of the request may see.
    ///
    /// # Errors
    /// `not_found` alike when it does not exist and when it is not theirs to know about.
    pub async fn visible_server(
        &self,
        context: &RequestContext,
        server_id: ServerId,
    ) -> Result<ServerView, Failure> {
        let not_found = || {
            Failure(ApiError::new(
                ErrorCode::NotFound,
                "there is no such server",
            ))
        };
        let viewer = context.viewer()?;
        let view = self
            .spawner
            .server(server_id)
            .await
            .map_err(|_| not_found())?;
        if self
            .identity
            .may_manage_servers_of(viewer, view.user_id)
            .await?
        {
            Ok(view)
        } else {
            Err(not_found())
        }
    }
}
