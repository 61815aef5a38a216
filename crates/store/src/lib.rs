//! Where Gatepost's policy documents live: a DynamoDB table or a folder of files; and where the
//! sessions of browsers do.
//!
//! [`PolicyStore`] is the port the authorizer reads through. Its promise is all or nothing: the
//! documents of every subject asked for that has one, or an error. A document that was throttled
//! away, cannot be read or is no policy document may be the one with the Deny in it, so leaving it
//! out would widen the caller's rights.
//!
//! The rest of the crate is for those who keep the documents: [`create_table`], [`read_table`],
//! [`history`], [`transactions`], and for one document [`put_policy`] and [`delete_policy`];
//! [`seed`], [`erase`], [`subjects_beginning`], [`read_all`], [`revoke`], [`lift_revocation`]; and the folder's [`FileOutcome`]s.
//!
//! Sessions have a table of their own, [`SessionTable`], whose rows are found and opened by a
//! [`SessionId`].

mod dynamodb;
mod folder;
mod policy_store;
mod session_id;

pub use dynamodb::{
    Change, Content, CreateTableError, CurrentRow, DynamoDbStore, HandEdit, Lease, MAX_CHANGES,
    NewRevision, NewTokens, ReadAllError, Revision, RevisionNote, RevocationNote, RowFault,
    SealedAccess, SeedReport, SessionRow, SessionTable, TableLayout, TableLayoutError, TableState,
    Transaction, TransactionError, UnreadableRow, WriteError, Written, create_session_table,
    create_table, delete_policy, digest_of, erase, history, lift_revocation, put_policy, read_all,
    read_table, revoke, seed, subjects_beginning, transactions,
};
pub use folder::{
    FileFault, FileNameError, FileOutcome, FolderError, FolderStore, folder_of, policy_path,
    read_policy_file, read_policy_files, subject_at,
};
pub use policy_store::{Candidate, PolicyStore, Revocation, Rows, StoreError, StoredPolicy};
pub use session_id::{SessionCryptoError, SessionId, SessionRowKey};
