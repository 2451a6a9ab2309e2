//! Accounts and devices.

use super::documents::{Database, DeviceDocument, UserDocument, device_key, number, token_hash, unsigned};
use super::fault::is_duplicate;
use crate::fresh;
use crate::store::{Account, DeviceRow, LAST_SEEN_STEP_MS, NewDevice, NewUser, TokenHash, UserId};
use chat_protocol::{DeviceId, UnixMillis, UserName};
use futures_util::TryStreamExt;
use mongodb::bson::doc;
use mongodb::error::Result;

pub async fn create_user(db: &Database, user: &NewUser) -> Result<Option<UserId>> {
    loop {
        let document = UserDocument {
            id: fresh::user_id().0,
            name: user.name.to_string(),
            password_hash: user.password_hash.clone(),
            created_at: number(user.at),
            last_seen: None,
        };
        match db.users.insert_one(&document).await {
            Ok(_) => return Ok(Some(UserId(document.id))),
            Err(error) if !is_duplicate(&error) => return Err(error),
            Err(_) => {}
        }
        // Either the name is taken, or, once in a lifetime of the universe, the number.
        if let Some(holder) = db.users.find_one(doc! {"name": user.name.as_str()}).await? {
            // A write that was repeated because its answer was lost meets itself.
            return Ok((holder.id == document.id).then_some(UserId(holder.id)));
        }
    }
}

pub async fn user(db: &Database, name: &UserName) -> Result<Option<Account>> {
    let found = db.users.find_one(doc! {"name": name.as_str()}).await?;
    found.map(UserDocument::account).transpose()
}

/// In one transaction: nobody stays logged in with the old password's devices while the new one holds.
pub async fn set_password(
    db: &Database,
    user: UserId,
    hash: String,
    keep: Option<DeviceId>,
) -> Result<Vec<DeviceId>> {
    let others = match keep {
        Some(device) => doc! {"user": user.0, "_id": {"$ne": device_key(device)}},
        None => doc! {"user": user.0},
    };
    let (users, devices) = (db.users.clone(), db.devices.clone());
    let mut session = db.client.start_session().await?;
    session
        .start_transaction()
        .and_run2(async move |session| {
            let change = doc! {"$set": {"password_hash": hash.as_str()}};
            users.update_one(doc! {"_id": user.0}, change).session(&mut *session).await?;
            let mut found = devices.find(others.clone()).session(&mut *session).await?;
            let removed: Vec<_> =
                found.stream(&mut *session).map_ok(|device| device.id()).try_collect().await?;
            devices.delete_many(others.clone()).session(&mut *session).await?;
            Ok(removed)
        })
        .await
}

pub async fn set_last_seen(db: &Database, user: UserId, at: UnixMillis) -> Result<()> {
    let change = doc! {"$max": {"last_seen": number(at)}};
    db.users.update_one(doc! {"_id": user.0}, change).await.map(drop)
}

pub async fn add_device(db: &Database, device: NewDevice) -> Result<()> {
    db.devices.insert_one(DeviceDocument::new(device)).await.map(drop)
}

pub async fn device_by_token(
    db: &Database,
    token: TokenHash,
    now: UnixMillis,
) -> Result<Option<(DeviceId, Account)>> {
    let Some(device) = db.devices.find_one(doc! {"token_hash": token_hash(token)}).await? else {
        return Ok(None);
    };
    let Some(user) = db.users.find_one(doc! {"_id": device.user}).await? else { return Ok(None) };
    if now >= unsigned(device.last_seen)? + LAST_SEEN_STEP_MS {
        let change = doc! {"$max": {"last_seen": number(now)}};
        db.devices.update_one(doc! {"_id": device.id}, change).await?;
    }
    Ok(Some((device.id(), user.account()?)))
}

pub async fn devices(db: &Database, user: UserId) -> Result<Vec<DeviceRow>> {
    let found = db.devices.find(doc! {"user": user.0}).sort(doc! {"created_at": 1, "_id": 1}).await?;
    found.and_then(async |device| device.row()).try_collect().await
}

pub async fn remove_device(db: &Database, user: UserId, id: DeviceId) -> Result<bool> {
    let removed = db.devices.delete_one(doc! {"_id": device_key(id), "user": user.0}).await?;
    Ok(removed.deleted_count > 0)
}
