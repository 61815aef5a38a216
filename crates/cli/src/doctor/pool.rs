//! A throw-away user of a Cognito pool, moved from group to group: what needs the fewest calls.

use anyhow::{Context as _, bail};
use gatepost_core::secret::Secret;
use uuid::Uuid;

use super::documents::PREFIX;
use crate::aws::{Aws, AwsError, SIGN_IN_FLOW, SignIn, UserPool};

/// The user, and what else was made in the pool.
pub(super) struct PoolUser {
    pool: UserPool,
    /// By which the pool knows the user.
    name: String,
    email: String,
    password: Secret<String>,
    stage: Stage,
    /// Groups that are there, or may be.
    groups: Vec<String>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// Nothing was sent.
    Unmade,
    /// It is there, or may be.
    Begun,
    /// It can sign in.
    Ready,
}

/// Which of a sign-in's tokens is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Access,
    Id,
}

impl PoolUser {
    /// A user who is made when the first token is wanted.
    pub(super) fn new(pool: UserPool) -> Self {
        // `.example` is nobody's, by RFC 2606.
        let id = Uuid::new_v4().simple();
        let email = format!("{PREFIX}{id}@gatepost-doctor.example");
        Self {
            pool,
            name: email.clone(),
            email,
            password: password(),
            stage: Stage::Unmade,
            groups: Vec::new(),
            kind: Kind::Access,
        }
    }

    /// Uses ID tokens from now on. False if it did before.
    pub(super) fn use_id_tokens(&mut self) -> bool {
        std::mem::replace(&mut self.kind, Kind::Id) == Kind::Access
    }

    /// A new token of the user in `groups`.
    pub(super) async fn token(
        &mut self,
        aws: &Aws,
        groups: &[String],
    ) -> anyhow::Result<Secret<String>> {
        self.make(aws).await?;
        for group in groups {
            // Before the call, whose answer may be lost.
            self.groups.push(group.clone());
            told("CreateGroup", self.pool.create_group(aws, group).await)?;
            told("AdminAddUserToGroup", self.pool.join(aws, &self.name, group).await)?;
        }
        let tokens = match self.pool.sign_in(aws, &self.name, &self.password).await {
            Ok(SignIn::Done(tokens)) => tokens,
            Ok(SignIn::Challenge(name)) => bail!(
                "the pool demands `{}` of whoever signs in: doctor can do that only where \
                 the pool demands no second factor",
                crate::visible::visible(&name)
            ),
            Err(error) if error.code() == Some("InvalidParameterException") => {
                return Err(error).with_context(|| {
                    format!(
                        "the client `{}` does not let a program sign in: it must allow \
                         `{SIGN_IN_FLOW}` and have no secret. Add the flow while doctor runs, or \
                         make a client for it and have the authorizer accept that one too; or use \
                         --token-command",
                        self.pool.client_id
                    )
                });
            }
            Err(error) => return Err(error).context("AdminInitiateAuth"),
        };
        // Only groups without members can be deleted.
        for group in groups {
            told("AdminRemoveUserFromGroup", self.pool.leave(aws, &self.name, group).await)?;
            told("DeleteGroup", self.pool.delete_group(aws, group).await)?;
            self.groups.retain(|made| made != group);
        }
        Ok(match self.kind {
            Kind::Access => tokens.access,
            Kind::Id => tokens.id,
        })
    }

    async fn make(&mut self, aws: &Aws) -> anyhow::Result<()> {
        if self.stage == Stage::Ready {
            return Ok(());
        }
        self.stage = Stage::Begun;
        let mut made = self.pool.create_user(aws, &self.name, &self.email).await;
        // Some pools take nothing but email addresses as names, and some everything else.
        if made.as_ref().is_err_and(|error| error.code() == Some("InvalidParameterException")) {
            self.name = self.name.replace('@', "-at-");
            made = self.pool.create_user(aws, &self.name, &self.email).await;
        }
        self.name = told("AdminCreateUser", made)?;
        told(
            "AdminSetUserPassword",
            self.pool.set_password(aws, &self.name, &self.password).await,
        )?;
        self.stage = Stage::Ready;
        Ok(())
    }

    /// Takes away what was made. Returns what could not be, as commands that do it.
    pub(super) async fn clean(&mut self, aws: &Aws) -> Vec<String> {
        if self.stage != Stage::Unmade && gone(self.pool.delete_user(aws, &self.name).await) {
            self.stage = Stage::Unmade;
        }
        for group in self.groups.clone() {
            if gone(self.pool.delete_group(aws, &group).await) {
                self.groups.retain(|made| *made != group);
            }
        }
        self.left()
    }

    /// Commands that take away what is still there.
    pub(super) fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        let id = &self.pool.id;
        if self.stage != Stage::Unmade {
            left.push(format!(
                "aws cognito-idp admin-delete-user --user-pool-id {id} --username {}",
                self.name
            ));
        }
        left.extend(self.groups.iter().map(|group| {
            format!("aws cognito-idp delete-group --user-pool-id {id} --group-name {group}")
        }));
        left
    }
}

fn told<T>(action: &'static str, outcome: Result<T, AwsError>) -> anyhow::Result<T> {
    outcome.context(action)
}

fn gone(outcome: Result<(), AwsError>) -> bool {
    match outcome {
        Ok(()) => true,
        Err(error) => error.is_not_found(),
    }
}

/// 244 random bits, and a character of each kind that a pool may demand.
fn password() -> Secret<String> {
    Secret::new(format!("{}{}aA1!", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
}
