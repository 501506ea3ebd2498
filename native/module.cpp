// Bindings only: what Python sees of bound.hpp. Every shape, offset and index is checked there and in checks.hpp, so that no call from Python
// can reach outside its arrays.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <new>
#include <string>
#include <tuple>

#include "bound.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace glassnet;

namespace {

constexpr const char* out_of_memory =
    "memory ran out in the native engine: the weights are those after the last whole step. A smaller batch_size or fewer rows at a time need less.";

Operation operation(const std::string& kind, std::size_t n_in, std::size_t n_out, const std::string& activation, double rate, double eps, double momentum,
                    std::uint64_t number, std::size_t first, std::size_t second, std::size_t mean, std::size_t variance, std::size_t partner,
                    std::size_t third, std::size_t fourth, std::size_t n_numeric, std::size_t n_frequencies, std::size_t n_embedded,
                    std::vector<std::size_t> levels, std::vector<std::size_t> tables) {
    return {named<Kind>(kind, "kind of operation", "native/layers.hpp"), n_in, n_out,
            named<Activation>(activation, "activation", "native/activations.hpp"), rate, eps, momentum, number, first, second, mean,
            variance, partner, third, fourth, n_numeric, n_frequencies, n_embedded, std::move(levels), std::move(tables)};
}

Settings settings(const std::string& loss, std::vector<double> loss_settings, const std::string& outputs, double floor,
                  const std::string& optimizer, double momentum, double beta1,
                  double beta2, double eps, double weight_decay, bool nesterov, bool rate_inside, bool uncorrected_eps, double l1, double l2,
                  bool per_batch, double max_norm, std::uint64_t seed, std::size_t n_threads) {
    const auto kind = named<LossKind>(loss, "loss", "native/losses.hpp");
    const auto joined = named<Outputs>(outputs, "way to join outputs", "native/losses.hpp");
    const auto steps = named<OptimizerKind>(optimizer, "optimizer", "native/optimizers.hpp");
    require(n_threads >= 1 && n_threads <= 256, "from 1 to 256 threads");
    require(has_settings(kind) == !loss_settings.empty(), "the loss has not the settings that it takes");
    require(joined == Outputs::mean || joins_outputs(kind), "the loss has one way alone");
    require(floor == 0 || (floor > 0 && floor < 0.5 && has_floor(kind)), "a floor in [0, 0.5) is for the probabilities of classes");
    return {{kind, std::move(loss_settings), joined, floor},
            {steps, momentum, beta1, beta2, eps, weight_decay, nesterov, rate_inside, uncorrected_eps},
            l1, l2, per_batch, max_norm, seed, n_threads};
}

template <class T>
void bind(nb::module_& m, const char* name, const char* answer) {
    nb::class_<BoundAnswer<T>>(m, answer)
        .def(nb::init<BoundEngine<T>&, std::vector<double>, std::vector<double>, std::vector<double>, std::vector<std::size_t>, double,
                      double, bool, std::size_t, std::vector<double>, std::vector<double>, std::vector<double>, std::vector<double>>(),
             nb::keep_alive<1, 2>(), "engine"_a, "factor"_a, "mean"_a, "scale"_a, "gaps"_a, "limit"_a, "far"_a, "both_classes"_a,
             "n_quantiles"_a, "target_scale"_a, "target_mean"_a, "low"_a, "high"_a)
        .def_prop_ro("n_answers", &BoundAnswer<T>::n_answers)
        .def("__call__", &BoundAnswer<T>::operator());
    nb::class_<BoundEngine<T>>(m, name)
        .def(nb::init<std::vector<Operation>, std::vector<std::tuple<std::size_t, std::size_t, double, double>>, Settings, Array<T>, Array<T>,
                      Array<T>, Array<T>, Array<T>>())
        .def("predict", &BoundEngine<T>::predict)
        .def("loss_and_gradient", &BoundEngine<T>::loss_and_gradient, "X"_a, "y"_a, "weight"_a.none(), "step"_a)
        .def("gradient_norm", &BoundEngine<T>::gradient_norm)
        .def("update", &BoundEngine<T>::update)
        .def("run", &BoundEngine<T>::run, "X"_a, "y"_a, "weight"_a.none(), "order"_a, "offsets"_a, "first_step"_a, "rates"_a, "t"_a, "stop"_a);
}

// Instruction sets that this processor and system have and that a module of ours is compiled for, the widest first.
std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx2 && avx512) names.push_back("avx512");
    if (avx2) names.push_back("avx2");
#endif
    return names;
}

}  // namespace

NB_MODULE(GLASSNET_MODULE, m) {
    m.doc() = "glassnet's native engine";
    count_forks();
    // A thread that still runs when Python ends holds its engine for ever: that is no mistake of the user's, and nothing is lost.
    nb::set_leak_warnings(false);
    nb::register_exception_translator([](const std::exception_ptr& error, void*) {
        try {
            std::rethrow_exception(error);
        } catch (const std::bad_alloc&) {
            PyErr_SetString(PyExc_MemoryError, out_of_memory);
        }
    });
    nb::dict listed;
    listed["operation"] = names(Kind{}), listed["activation"] = names(Activation{}), listed["loss"] = names(LossKind{});
    listed["outputs"] = names(Outputs{}), listed["optimizer"] = names(OptimizerKind{}), listed["status"] = names(Status{});
    m.attr("names") = listed;
    m.def("instruction_sets", &instruction_sets);
    nb::class_<Operation>(m, "Operation");
    nb::class_<Settings>(m, "Settings");
    m.def("operation", &operation, "kind"_a, "n_in"_a, "n_out"_a, "activation"_a = "identity", "rate"_a = 0.0, "eps"_a = 0.0, "momentum"_a = 0.0,
          "number"_a = 0, "first"_a = 0, "second"_a = 0, "mean"_a = 0, "variance"_a = 0, "partner"_a = 0, "third"_a = 0, "fourth"_a = 0,
          "n_numeric"_a = 0, "n_frequencies"_a = 0, "n_embedded"_a = 0, "levels"_a = std::vector<std::size_t>{},
          "tables"_a = std::vector<std::size_t>{});
    m.def("settings", &settings, "loss"_a, "loss_settings"_a, "outputs"_a = "mean", "floor"_a = 0.0, "optimizer"_a = "none", "momentum"_a = 0.0,
          "beta1"_a = 0.0, "beta2"_a = 0.0, "eps"_a = 0.0, "weight_decay"_a = 0.0, "nesterov"_a = false, "rate_inside"_a = false,
          "uncorrected_eps"_a = false, "l1"_a = 0.0, "l2"_a = 0.0, "per_batch"_a = false,
          "max_norm"_a = std::numeric_limits<double>::infinity(), "seed"_a = 0, "n_threads"_a = 1);
    bind<float>(m, "Engine32", "Answer32");
    bind<double>(m, "Engine64", "Answer64");
}
