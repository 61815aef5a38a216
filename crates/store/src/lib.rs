//! Where Gatepost's policy documents live: a DynamoDB table or a folder of files.
//!
//! [`PolicyStore`] is the port the authorizer reads through. Its promise is all or nothing: the
//! documents of every subject asked for that has one, or an error. A document that was throttled
//! away, cannot be read or is no policy document may be the one with the Deny in it, so leaving it
//! out would widen the caller's rights.
//!
//! The rest of the crate is for those who keep the documents: [`create_table`], [`put_policy`],
//! [`delete_policy`], [`erase`], [`subjects_beginning`], [`seed`], [`read_all`], [`revoke`], [`lift_revocation`], and the folder's [`FileOutcome`]s.

mod dynamodb;
mod folder;
mod policy_store;

pub use dynamodb::{
    CreateTableError, DynamoDbStore, NewRevision, ReadAllError, RevocationNote, RowFault,
    SeedReport, TableLayout, TableLayoutError, UnreadableRow, WriteError, Written, create_table,
    delete_policy, erase, lift_revocation, put_policy, read_all, revoke, seed, subjects_beginning,
};
pub use folder::{
    FileFault, FileNameError, FileOutcome, FolderError, FolderStore, folder_of, policy_path,
    read_policy_file, read_policy_files, subject_at,
};
pub use policy_store::{Candidate, PolicyStore, Revocation, Rows, StoreError, StoredPolicy};
