//! Messages in transport encapsulation (MS-OXTNEF): `winmail.dat`.
