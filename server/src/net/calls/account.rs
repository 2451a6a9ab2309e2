//! `settings`, `password`, `devices`, `revoke`, `logout` and `delete_account`: the speaker's own account.

use super::Speaker;
use crate::chat::Chat;
use crate::net::answer::Refused;
use crate::store::DeviceRow;
use chat_protocol::{
    ChangePassword, ChangeSettings, CloseCode, DeleteAccount, Device, DeviceId, ErrorCode, Frame, RequestId,
};

/// Changes what is given of the speaker's settings.
pub async fn settings(
    speaker: &Speaker,
    chat: &Chat,
    id: RequestId,
    change: ChangeSettings,
) -> Result<Frame, Refused> {
    let settings = chat.store.change_settings(speaker.seat.user, change).await?;
    Ok(Frame::Settings { id, settings })
}

/// Changes the password; every other device is logged out and its sockets are closed.
pub async fn change_password(
    speaker: &Speaker,
    chat: &Chat,
    id: RequestId,
    change: ChangePassword,
) -> Result<Frame, Refused> {
    let seat = &speaker.seat;
    let (from, device) = (speaker.visitor.address(), seat.session.device);
    let accounts = &chat.accounts;
    let removed = accounts.change_password(from, &seat.name, device, change.old, change.new).await?;
    chat.hub.cut(seat.user, &removed, None, CloseCode::Revoked);
    Ok(Frame::Ok { id })
}

/// All devices of the speaker.
pub async fn devices(speaker: &Speaker, chat: &Chat, id: RequestId) -> Result<Frame, Refused> {
    let here = speaker.seat.session.device;
    let on_the_wire = |row: DeviceRow| Device {
        device: row.id,
        name: row.name,
        created_at: row.created_at,
        last_seen: row.last_seen,
        current: row.id == here,
    };
    let rows = chat.accounts.devices(speaker.seat.user).await?;
    Ok(Frame::Devices { id, devices: rows.into_iter().map(on_the_wire).collect() })
}

/// Logs one of the speaker's devices out and closes its sockets, this one too when it is meant.
pub async fn revoke(
    speaker: &Speaker,
    chat: &Chat,
    id: RequestId,
    device: DeviceId,
) -> Result<Frame, Refused> {
    if !chat.accounts.revoke(speaker.seat.user, device).await? {
        return Err(Refused::new(ErrorCode::UnknownDevice, "you have no such device"));
    }
    chat.hub.cut(speaker.seat.user, &[device], None, CloseCode::Revoked);
    Ok(Frame::Ok { id })
}

/// Logs this device out and closes its other sockets.
pub async fn logout(speaker: &Speaker, chat: &Chat) -> Result<(), Refused> {
    let (seat, session) = (&speaker.seat, &speaker.seat.session);
    chat.accounts.revoke(seat.user, session.device).await?;
    chat.hub.cut(seat.user, &[session.device], Some(session.id), CloseCode::Revoked);
    Ok(())
}

/// Ends the speaker's account: everybody who knows them is told, and all of their devices are logged out. What they leave is taken
/// away beside that.
pub async fn delete(speaker: &Speaker, chat: &Chat, delete: DeleteAccount) -> Result<(), Refused> {
    let (seat, from) = (&speaker.seat, speaker.visitor.address());
    // Afterwards they are in no group any more.
    let fellows = chat.store.fellows(seat.user).await?;
    let now = chat.accounts.delete(from, seat.user, &seat.name, delete.password).await?;
    chat.hub.free_name();
    chat.hub.cut_all(seat.user, Some(seat.session.id), CloseCode::Revoked);
    let frame = Frame::Gone { user: seat.name.clone(), now }.encode().into();
    fellows.iter().for_each(|fellow| chat.hub.deliver(*fellow, &frame, None));
    chat.departures.notify_one();
    Ok(())
}
