//! What only the MongoDB store must do; the rest is in the contract. On a real mongod.

use super::*;

mod keeps_the_contract {
    use super::opened;
    use crate::store::Store;

    crate::store::contract::run_for!(((), opened(&super::fresh()).await));
}

mod is_an_archive {
    use crate::store::{MongoStore, Store};

    crate::store::archive::contract::run_for!(((), MongoStore::open_archive(&super::fresh()).await.unwrap()));
}

/// A database of its own.
fn fresh() -> MongoUrl {
    chat_test_services::fresh_mongodb().parse().unwrap()
}

async fn opened(url: &MongoUrl) -> MongoStore {
    MongoStore::open(url).await.unwrap()
}

#[tokio::test]
async fn a_half_filled_database_is_opened_as_an_archive_only() {
    use crate::store::archive::{Archive, StoreId};
    let url = fresh();
    for is_complete in [false, true] {
        let store = MongoStore::open_archive(&url).await.unwrap();
        store.set_origin(Origin { store: StoreId("00".to_owned()), is_complete }).await.unwrap();
        store.close().await;
        assert_eq!(MongoStore::open(&url).await.is_ok(), is_complete);
    }
}
