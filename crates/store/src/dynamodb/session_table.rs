//! Sessions in a DynamoDB table of their own: read, begun, renewed by whoever has the lease, ended.
//!
//! All reads are strongly consistent: a session that has been ended is over, and one that has just
//! begun is there. What fails in passing is tried again until the deadline. Every write can be: a
//! second one that finds the first done says so, and does nothing.

use std::fmt;
use std::time::SystemTime;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use tokio::time::{Instant, timeout_at};

use super::backoff::Backoff;
use super::row::Row;
use super::session_row::{self, Lease, SealedAccess, SessionRow, milliseconds, seconds};
use crate::policy_store::StoreError;
use crate::session_id::SessionRowKey;

/// Sessions in a DynamoDB table, whose key is the text `session`.
#[derive(Clone, Debug)]
pub struct SessionTable {
    client: Client,
    table: String,
}

/// What a session's row gets in the place of what it had.
#[derive(Clone, Copy)]
pub struct NewTokens<'a> {
    /// Sealed; the one there stays if there is none here.
    pub access_token: Option<&'a [u8]>,
    /// Sealed; likewise.
    pub refresh_token: Option<&'a str>,
    /// When they came, to the second.
    pub renewed_at: SystemTime,
}

impl SessionTable {
    /// Sessions in the table with this name or ARN.
    ///
    /// Connections, credentials and endpoint are those of `client`. Its retries are not used: they
    /// know nothing of the caller's deadline.
    pub fn new(client: &Client, table: impl Into<String>) -> Self {
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), table: table.into() }
    }

    /// A session's row, be it over or not.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it could not be read before `deadline`.
    pub async fn read(
        &self,
        key: SessionRowKey,
        deadline: Instant,
    ) -> Result<Option<SessionRow>, StoreError> {
        let row = self.get(key, &[], deadline).await?;
        row.as_ref().map(SessionRow::read).transpose()
    }

    /// What of it a reader of tokens needs, and no more: refresh tokens stay where they are.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn sealed_access(
        &self,
        key: SessionRowKey,
        deadline: Instant,
    ) -> Result<Option<SealedAccess>, StoreError> {
        let row = self.get(key, &SealedAccess::ATTRIBUTES, deadline).await?;
        row.as_ref().map(SealedAccess::read).transpose()
    }

    async fn get(
        &self,
        key: SessionRowKey,
        attributes: &[&str],
        deadline: Instant,
    ) -> Result<Option<Row>, StoreError> {
        insist(deadline, || async move {
            let mut request = self
                .client
                .get_item()
                .table_name(&self.table)
                .set_key(Some(session_row::key(key)))
                .consistent_read(true);
            // Placeholders, because some of the names, such as `session`, are reserved words.
            let mut projection = Vec::new();
            for (index, name) in attributes.iter().enumerate() {
                request = request.expression_attribute_names(format!("#{index}"), *name);
                projection.push(format!("#{index}"));
            }
            if !projection.is_empty() {
                request = request.projection_expression(projection.join(","));
            }
            let row = request.send().await?.item;
            if row.as_ref().is_some_and(|row| !session_row::is_of(row, key)) {
                return Err(StoreError::UnaskedRow);
            }
            Ok(row)
        })
        .await
    }

    /// Writes the row of a new session.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if that failed, as far as is known.
    pub async fn begin(
        &self,
        key: SessionRowKey,
        row: &SessionRow,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let item = row.write(key);
        insist(deadline, || async {
            let request = self.client.put_item().table_name(&self.table);
            request.set_item(Some(item.clone())).send().await?;
            Ok(())
        })
        .await
    }

    /// Takes the lease of a session that is still at `revision`, if nobody has it at the time `now`.
    /// Returns whether that was so.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if that failed, as far as is known. A lease that was taken all the same ends by
    /// itself.
    pub async fn take_lease(
        &self,
        key: SessionRowKey,
        revision: u64,
        lease: &Lease,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        let update = self
            .update(key)
            .update_expression("SET #lease = :lease, #until = :until")
            .condition_expression(
                "#revision = :revision AND \
                 (attribute_not_exists(#lease) OR #until <= :now OR #lease = :lease)",
            )
            .expression_attribute_names("#lease", "lease")
            .expression_attribute_names("#until", "lease_until")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":lease", AttributeValue::S(lease.holder.clone()))
            .expression_attribute_values(":until", milliseconds(lease.until))
            .expression_attribute_values(":now", milliseconds(now))
            .expression_attribute_values(":revision", AttributeValue::N(revision.to_string()));
        Ok(self.write(update, deadline).await?.is_ok())
    }

    /// Puts new tokens into the row of a session whose lease `holder` has, and gives the lease back.
    /// Returns false if that was not so, and nothing was written.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if that failed, as far as is known.
    pub async fn renew(
        &self,
        key: SessionRowKey,
        holder: &str,
        tokens: NewTokens<'_>,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        let mut update = self
            .leased(key, holder)
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_names("#renewed_at", "renewed_at")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":renewed_at", seconds(tokens.renewed_at));
        let mut set =
            vec!["#revision = #revision + :one".to_owned(), "#renewed_at = :renewed_at".to_owned()];
        let access = tokens.access_token.map(|token| AttributeValue::B(Blob::new(token)));
        let refresh = tokens.refresh_token.map(|token| AttributeValue::S(token.to_owned()));
        let new: Vec<_> = [("access_token", access), ("refresh_token", refresh)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        for (name, value) in &new {
            set.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), *name)
                .expression_attribute_values(format!(":{name}"), value.clone());
        }
        let set = set.join(", ");
        let update = update.update_expression(format!("SET {set} REMOVE #lease, #until"));
        Ok(match self.write(update, deadline).await? {
            Ok(()) => true,
            // An attempt before may have done it, and its answer been lost. Nobody else seals alike.
            Err(Some(row)) => {
                !new.is_empty() && new.iter().all(|(name, value)| row.get(*name) == Some(value))
            }
            Err(None) => false,
        })
    }

    /// Gives the lease of a session back, if `holder` has it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if that failed, as far as is known. The lease ends by itself all the same.
    pub async fn give_lease_back(
        &self,
        key: SessionRowKey,
        holder: &str,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let update = self.leased(key, holder).update_expression("REMOVE #lease, #until");
        self.write(update, deadline).await.map(|_| ())
    }

    /// Ends a session. Returns its row, if there was one that can be read.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if that failed, as far as is known.
    pub async fn end(
        &self,
        key: SessionRowKey,
        deadline: Instant,
    ) -> Result<Option<SessionRow>, StoreError> {
        let deleted = insist(deadline, || async {
            let request = self.client.delete_item().table_name(&self.table);
            let request = request.set_key(Some(session_row::key(key)));
            Ok(request.return_values(ReturnValue::AllOld).send().await?.attributes)
        });
        Ok(deleted.await?.and_then(|row| SessionRow::read(&row).ok()))
    }

    /// Ends a session whose lease `holder` has. Returns false if that was not so, and it goes on.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if that failed, as far as is known.
    pub async fn end_leased(
        &self,
        key: SessionRowKey,
        holder: &str,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        insist(deadline, || async {
            let deleted = self
                .client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(session_row::key(key)))
                .condition_expression("#lease = :lease")
                .expression_attribute_names("#lease", "lease")
                .expression_attribute_values(":lease", AttributeValue::S(holder.to_owned()))
                .send()
                .await;
            match deleted {
                Ok(_) => Ok(true),
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
                {
                    Ok(false)
                }
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// An update of a row whose lease `holder` has.
    fn leased(&self, key: SessionRowKey, holder: &str) -> UpdateItemFluentBuilder {
        self.update(key)
            .condition_expression("#lease = :lease")
            .expression_attribute_names("#lease", "lease")
            .expression_attribute_names("#until", "lease_until")
            .expression_attribute_values(":lease", AttributeValue::S(holder.to_owned()))
    }

    fn update(&self, key: SessionRowKey) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session_row::key(key)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Writes; gives the row as it is where the condition does not hold, if there is one.
    async fn write(
        &self,
        update: UpdateItemFluentBuilder,
        deadline: Instant,
    ) -> Result<Result<(), Option<Row>>, StoreError> {
        insist(deadline, || {
            let update = update.clone();
            async {
                let Err(error) = update.send().await else { return Ok(Ok(())) };
                match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                        Ok(Err(failed.item.clone()))
                    }
                    Some(_) | None => Err(error.into()),
                }
            }
        })
        .await
    }
}

/// Tries until the deadline.
async fn insist<T, F: Future<Output = Result<T, StoreError>>>(
    deadline: Instant,
    attempt: impl Fn() -> F,
) -> Result<T, StoreError> {
    let mut backoff = Backoff::until(deadline);
    loop {
        let outcome = timeout_at(backoff.attempt_deadline(), attempt()).await;
        match outcome.unwrap_or(Err(StoreError::TimedOut)) {
            Ok(done) => return Ok(done),
            Err(fault) => backoff.after(fault).await?,
        }
    }
}

/// Sealed or not, tokens are nothing to show.
impl fmt::Debug for NewTokens<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewTokens").finish_non_exhaustive()
    }
}
