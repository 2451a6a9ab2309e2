//! How many connections there are, altogether and from each address.

use crate::config::Limits;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The count of open connections.
pub struct Admission {
    per_address_max: usize,
    total_max: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Admission {
    pub fn new(limits: &Limits) -> Arc<Self> {
        let (per_address_max, total_max) = (limits.connections_per_address, limits.connections_max);
        Arc::new(Self { per_address_max, total_max, open: Mutex::default() })
    }

    /// Counts one more connection from there, unless there are too many already.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Visitor> {
        let mut open = self.open.lock();
        let from_there = open.by_address.get(&address).copied().unwrap_or(0);
        if from_there >= self.per_address_max || open.total >= self.total_max {
            return None;
        }
        open.by_address.insert(address, from_there + 1);
        open.total += 1;
        Some(Visitor(Arc::new(Admitted { address, admission: Arc::clone(self) })))
    }
}

/// A connection that counts, for as long as a clone of this lives.
#[derive(Clone)]
pub struct Visitor(Arc<Admitted>);

impl Visitor {
    /// Where the connection comes from.
    pub fn address(&self) -> IpAddr {
        self.0.address
    }
}

struct Admitted {
    address: IpAddr,
    admission: Arc<Admission>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.admission.open.lock();
        open.total -= 1;
        match open.by_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.by_address.remove(&self.address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn a_connection_counts_while_it_lives() {
        let limits = Limits { connections_per_address: 2, connections_max: 3, ..Limits::default() };
        let admission = Admission::new(&limits);
        let (here, there) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::BROADCAST));
        let first = admission.admit(here).unwrap();
        let _second = admission.admit(here).unwrap();
        assert!(admission.admit(here).is_none(), "too many from one address");
        let _third = admission.admit(there).unwrap();
        assert!(admission.admit(there).is_none(), "too many altogether");
        drop(first);
        assert!(admission.admit(here).is_some());
    }
}
