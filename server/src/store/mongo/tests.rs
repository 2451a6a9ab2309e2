//! What only the MongoDB store must do; the rest is in the contract. On a real mongod.

use super::*;

mod keeps_the_contract {
    use super::opened;
    use crate::store::Store;

    crate::store::contract::run_for!(((), opened(&super::fresh()).await));
}

/// A database of its own.
fn fresh() -> MongoUrl {
    chat_test_services::fresh_mongodb().parse().unwrap()
}

async fn opened(url: &MongoUrl) -> MongoStore {
    MongoStore::open(url).await.unwrap()
}
