//! Where Gatepost's policy documents live: a DynamoDB table or a folder of files.
//!
//! [`PolicyStore`] is the port the authorizer reads through. Its promise is all or nothing: the
//! documents of every subject asked for that has one, or an error. A document that was throttled
//! away, cannot be read or is no policy document may be the one with the Deny in it, so leaving it
//! out would widen the caller's rights.
//!
//! The rest of the crate is for those who keep the documents: [`create_table`], [`read_table`],
//! [`history`], [`transactions`], and for one document [`put_policy`] and [`delete_policy`];
//! [`seed`], [`erase`], [`subjects_beginning`], [`read_all`], [`revoke`], [`lift_revocation`]; and the folder's [`FileOutcome`]s.

mod dynamodb;
mod folder;
mod policy_store;

pub use dynamodb::{
    Change, Content, CreateTableError, CurrentRow, DynamoDbStore, HandEdit, MAX_CHANGES,
    NewRevision, ReadAllError, Revision, RevisionNote, RevocationNote, RowFault, SeedReport,
    TableLayout, TableLayoutError, TableState, Transaction, TransactionError, UnreadableRow,
    WriteError, Written, create_table, delete_policy, digest_of, erase, history, lift_revocation,
    put_policy, read_all, read_table, revoke, seed, subjects_beginning, transactions,
};
pub use folder::{
    FileFault, FileNameError, FileOutcome, FolderError, FolderStore, folder_of, policy_path,
    read_policy_file, read_policy_files, subject_at,
};
pub use policy_store::{Candidate, PolicyStore, Revocation, Rows, StoreError, StoredPolicy};
