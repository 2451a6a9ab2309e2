//! Accounts and devices.

use super::documents::{
    Database, DeviceDocument, UserDocument, damaged, device_key, number, token_hash, unsigned,
};
use super::fault::is_duplicate;
use crate::fresh;
use crate::store::{Account, DeviceRow, LAST_SEEN_STEP_MS, NewDevice, NewUser, TokenHash, UserId};
use chat_protocol::{ChangeSettings, DeviceId, Settings, UnixMillis, UserName};
use futures_util::TryStreamExt;
use mongodb::bson::doc;
use mongodb::error::Result;
use mongodb::options::ReturnDocument;

pub async fn create_user(db: &Database, user: &NewUser) -> Result<Option<UserId>> {
    loop {
        let document = UserDocument {
            id: fresh::user_id().0,
            name: user.name.to_string(),
            password_hash: user.password_hash.clone(),
            password_version: 0,
            created_at: number(user.at),
            last_seen: None,
            read_receipts: Settings::default().read_receipts,
            erased_at: None,
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
    let found = db.users.find_one(doc! {"name": name.as_str(), "erased_at": {"$exists": false}}).await?;
    found.map(UserDocument::account).transpose()
}

/// The one write of the account logs all other devices out; what comes before and after it may be interrupted.
pub async fn set_password(
    db: &Database,
    user: UserId,
    hash: String,
    keep: Option<DeviceId>,
) -> Result<Vec<DeviceId>> {
    loop {
        let Some(version) = password_version(db, user).await? else { return Ok(Vec::new()) };
        if let Some(device) = keep {
            let change = doc! {"$set": {"password_version": version + 1}};
            db.devices.update_one(doc! {"_id": device_key(device), "user": user.0}, change).await?;
        }
        let change = doc! {"$set": {"password_hash": hash.as_str(), "password_version": version + 1}};
        let changed = db.users.update_one(doc! {"_id": user.0, "password_version": version}, change).await?;
        if changed.matched_count == 1 {
            return remove_older(db, user, version + 1).await;
        }
    }
}

async fn password_version(db: &Database, user: UserId) -> Result<Option<i64>> {
    Ok(db.users.find_one(doc! {"_id": user.0}).await?.map(|user| user.password_version))
}

/// Removes the devices of earlier passwords.
async fn remove_older(db: &Database, user: UserId, version: i64) -> Result<Vec<DeviceId>> {
    let older = doc! {"user": user.0, "password_version": {"$lt": version}};
    let found = db.devices.find(older.clone()).await?;
    let removed: Vec<_> = found.map_ok(|device| device.id()).try_collect().await?;
    db.devices.delete_many(older).await?;
    Ok(removed)
}

pub async fn set_last_seen(db: &Database, user: UserId, at: UnixMillis) -> Result<()> {
    let change = doc! {"$max": {"last_seen": number(at)}};
    let this = doc! {"_id": user.0, "erased_at": {"$exists": false}};
    db.users.update_one(this, change).await.map(drop)
}

pub async fn change_settings(db: &Database, user: UserId, change: ChangeSettings) -> Result<Settings> {
    let this = doc! {"_id": user.0};
    let found = match change.read_receipts {
        None => db.users.find_one(this).await?,
        Some(tells) => {
            let change = doc! {"$set": {"read_receipts": tells}};
            db.users.find_one_and_update(this, change).return_document(ReturnDocument::After).await?
        }
    };
    let found = found.ok_or_else(|| damaged(format!("there is no user {}", user.0)))?;
    Ok(Settings { read_receipts: found.read_receipts })
}

pub async fn add_device(db: &Database, device: NewDevice) -> Result<()> {
    let version = password_version(db, device.user).await?.unwrap_or(0);
    db.devices.insert_one(DeviceDocument::new(device, version)).await.map(drop)
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
    if device.password_version < user.password_version || user.erased_at.is_some() {
        return Ok(None);
    }
    if now >= unsigned(device.last_seen)? + LAST_SEEN_STEP_MS {
        let change = doc! {"$max": {"last_seen": number(now)}};
        db.devices.update_one(doc! {"_id": device.id}, change).await?;
    }
    Ok(Some((device.id(), user.account()?)))
}

pub async fn devices(db: &Database, user: UserId) -> Result<Vec<DeviceRow>> {
    let version = password_version(db, user).await?.unwrap_or(0);
    let valid = doc! {"user": user.0, "password_version": {"$gte": version}};
    let found = db.devices.find(valid).sort(doc! {"created_at": 1, "_id": 1}).await?;
    found.and_then(async |device| device.row()).try_collect().await
}

pub async fn remove_device(db: &Database, user: UserId, id: DeviceId) -> Result<bool> {
    let removed = db.devices.delete_one(doc! {"_id": device_key(id), "user": user.0}).await?;
    Ok(removed.deleted_count > 0)
}
