//! crepe: the policy as a program that derives everybody's permissions on everything, anew for each run.

use crepe::crepe;

use crate::workload::{Reach, World};

crepe! {
    @input
    struct All(u32);
    @input
    struct Lead(u32);
    @input
    struct User(u32);
    @input
    struct Member(u32, u32);
    @input
    struct Owner(u32, u32);
    @input
    struct Shared(u32);

    struct Mate(u32, u32);

    // This user may view this sequence.
    @output
    struct View(u32, u32);

    Mate(user, other) <- Member(team, user), Lead(user), Member(team, other);
    View(user, sequence) <- Owner(sequence, user);
    View(user, sequence) <- Shared(sequence), User(user);
    View(user, sequence) <- All(user), Owner(sequence, _);
    View(user, sequence) <- Mate(user, other), Owner(sequence, other);
}

/// All users and sequences, by number, of whom one may view the other; in no order.
pub(crate) fn run(world: &World) -> Vec<(u32, u32)> {
    let mut program = Crepe::new();
    let of_reach =
        |reach: Reach| (0..world.size.users).filter(move |user| world.reaches[*user] == reach).map(|user| user as u32);
    program.extend(of_reach(Reach::All).map(All));
    program.extend(of_reach(Reach::Teammates).map(Lead));
    program.extend((0..world.size.users as u32).map(User));
    for (team, members) in world.members.iter().enumerate() {
        program.extend(members.iter().map(|user| Member(team as u32, *user as u32)));
    }
    program.extend(world.owners.iter().enumerate().map(|(sequence, owner)| Owner(sequence as u32, *owner)));
    program.extend((0..world.size.sequences).filter(|at| world.is_shared[*at]).map(|at| Shared(at as u32)));
    let (views,) = program.run();
    views.into_iter().map(|View(user, sequence)| (user, sequence)).collect()
}
