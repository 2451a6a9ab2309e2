//! What only the MongoDB store must do; the rest is in the contract. On a real mongod.

use super::*;
use crate::store::NewBody;
use mongodb::bson::doc;

mod changes;
mod files;
mod groups;
mod plans;
mod retention;
mod servers;

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

async fn makes_ann(store: &MongoStore) -> UserId {
    let new = NewUser { name: "ann".parse().unwrap(), password_hash: "hash".to_owned(), at: 1 };
    store.create_user(new).await.unwrap().unwrap()
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

/// A device of an earlier password is logged out at once and removed a little later; it must not come back elsewhere.
#[tokio::test]
async fn devices_of_an_earlier_password_are_not_copied() {
    use crate::store::archive::{DeviceRecord, Shelf};
    use mongodb::bson::doc;
    let store = opened(&fresh()).await;
    let new = NewUser { name: "ann".parse().unwrap(), password_hash: "hash".to_owned(), at: 1 };
    let ann = store.create_user(new).await.unwrap().unwrap();
    for number in 1..=3 {
        let (id, token) = (DeviceId::from_bits(number), TokenHash([u8::try_from(number).unwrap(); 32]));
        store.add_device(NewDevice { id, user: ann, token, name: "phone".to_owned(), at: 1 }).await.unwrap();
    }
    // What is left when the change is interrupted before the devices are removed.
    store.db.users.update_one(doc! {}, doc! {"$inc": {"password_version": 1_i64}}).await.unwrap();
    store
        .db
        .devices
        .update_one(doc! {"_id": 3_i64}, doc! {"$inc": {"password_version": 1_i64}})
        .await
        .unwrap();
    let page: Vec<DeviceRecord> = store.page(i64::MIN, 1).await.unwrap();
    assert_eq!(page.iter().map(|device| device.id.bits()).collect::<Vec<_>>(), [3]);
    store.close().await;
}
