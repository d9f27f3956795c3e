mod hostile_peers;
mod hostile_pushes;
mod joining;
mod network;
mod partition;
mod propagation;
